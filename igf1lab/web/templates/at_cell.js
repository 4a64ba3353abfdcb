// A notebook that was opened at one of its cells: runs what stands above it, then the cell, and shows
// it. JupyterLab itself knows the address #cell-id=..., but reads it before the notebook is there.
{
  const until = async (ready) => {
    while (!ready()) await new Promise((go) => setTimeout(go, 200));
  };
  const atCell = async () => {
    const id = decodeURIComponent(location.hash.replace("#cell-id=", ""));
    const notebook = () => window.jupyterapp?.shell.currentWidget;
    await until(() => notebook()?.sessionContext?.session?.kernel && notebook().content?.widgets.length);
    const { content, context } = notebook();
    await context.ready;
    const place = content.widgets.findIndex((cell) => cell.model.id === id);
    if (place < 0) return; // a notebook of the learner's own, without that cell
    const show = () => notebook().setFragment(location.hash);
    show();
    content.activeCellIndex = place;
    content.deselectAll();
    await window.jupyterapp.commands.execute("notebook:run-all-above");
    await window.jupyterapp.commands.execute("notebook:run-cell");
    show(); // what was run above has grown
  };
  if (location.hash.startsWith("#cell-id=")) atCell();
}
