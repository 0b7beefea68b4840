/**
 * Runs the tests named by TEST_ENTRY from a plain extension, so that VS Code does not know about them and shows modal
 * dialogs. With extensionTestsPath, where VS Code runs the tests itself, this is only the extension under development
 * that it asks for.
 *
 * Provides the scheme `flow-test-disk:` too: the files of TEST_RUN_FOLDER, for which there is no path.
 */
const vscode = require('vscode');

exports.activate = (context) => {
  const folder = process.env.TEST_RUN_FOLDER;
  if (folder) {
    const provider = diskUnder(vscode.Uri.file(folder));
    context.subscriptions.push(vscode.workspace.registerFileSystemProvider('flow-test-disk', provider));
  }
  const entry = process.env.TEST_ENTRY;
  if (entry) void runTests(entry);
};

function diskUnder(root) {
  const { fs } = vscode.workspace;
  const real = (uri) => vscode.Uri.joinPath(root, uri.path);
  const changes = new vscode.EventEmitter();
  const changed = (type, uri) => changes.fire([{ type, uri }]);
  return {
    onDidChangeFile: changes.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: (uri) => fs.stat(real(uri)),
    readDirectory: (uri) => fs.readDirectory(real(uri)),
    readFile: (uri) => fs.readFile(real(uri)),
    createDirectory: (uri) => fs.createDirectory(real(uri)),
    async writeFile(uri, content) {
      await fs.writeFile(real(uri), content);
      changed(vscode.FileChangeType.Changed, uri);
    },
    async delete(uri, options) {
      await fs.delete(real(uri), options);
      changed(vscode.FileChangeType.Deleted, uri);
    },
    async rename(from, to, options) {
      await fs.rename(real(from), real(to), options);
      changed(vscode.FileChangeType.Deleted, from);
      changed(vscode.FileChangeType.Created, to);
    },
  };
}

async function runTests(entry) {
  let code = 0;
  try {
    await require(entry).run();
  } catch (error) {
    console.error(error);
    code = 1;
  }
  await fetch(process.env.CODE_HOST_CONTROL, {
    method: 'POST',
    body: JSON.stringify({ do: 'finish', code }),
  });
}
