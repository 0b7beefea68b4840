/**
 * Runs the tests named by TEST_ENTRY from a plain extension, so that VS Code does not know about them and shows modal
 * dialogs. With extensionTestsPath, where VS Code runs the tests itself, this is only the extension under development
 * that it asks for.
 */
exports.activate = () => {
  const entry = process.env.TEST_ENTRY;
  if (entry) void runTests(entry);
};

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
