"""The classroom: vote, argue, vote again, with the course's own questions, from the lecturer's laptop."""
