/**
 * Asks for a secret's value. The box hides what is typed and nothing is echoed: not in the box's messages, not in a
 * notification. Values of several lines come from the clipboard or a file, because an input box drops line breaks.
 */
import * as vscode from 'vscode';
import { MAX_VALUE_BYTES, valueProblem } from '../keychain/keychain.js';

export interface ValueRequest {
  readonly title: string;
  readonly step?: number;
  readonly totalSteps?: number;
  readonly prompt: string;
}

const fromClipboard: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('clippy'),
  tooltip: 'Take the clipboard as it is, line breaks included',
};
const fromFile: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('file'),
  tooltip: 'Take the text of a file…',
};

/** Undefined when cancelled. */
export function askValue({ title, step, totalSteps, prompt }: ValueRequest): Promise<string | undefined> {
  const box = vscode.window.createInputBox();
  box.title = title;
  box.step = step;
  box.totalSteps = totalSteps;
  box.prompt = prompt;
  box.password = true;
  box.ignoreFocusOut = true;
  box.buttons = [fromClipboard, fromFile];
  return new Promise<string | undefined>((resolve) => {
    /** A text that the box itself could not hold. */
    let taken: string | undefined;
    let before = '';
    let pasted = false;
    /** A dialog may take the box's place for a while. */
    let picking = false;
    const finish = (value: string | undefined) => {
      resolve(value);
      box.dispose();
    };
    const take = (text: string, from: string) => {
      box.value = '';
      taken = text;
      const lines = text.replace(/\r?\n$/, '').split('\n').length;
      const what = lines > 1 ? `${from}, ${lines} lines` : from;
      box.placeholder = `${what}: press Enter to store it, or type another value`;
      box.validationMessage = advice(text);
    };
    const takeFile = async () => {
      picking = true;
      const file = await pickFile();
      picking = false;
      box.show();
      if (file) take(file.text, `From ${file.name}`);
    };
    box.onDidChangeValue((value) => {
      if (value !== '') taken = undefined;
      pasted = value !== '' && (pasted || value.length - before.length > 1);
      before = value;
      box.validationMessage = value === '' ? undefined : advice(value);
    });
    box.onDidTriggerButton((button) => {
      if (button === fromFile) void takeFile();
      else void vscode.env.clipboard.readText().then((text) => take(text, 'From the clipboard'));
    });
    box.onDidAccept(() => {
      const value = taken ?? box.value;
      const problem = valueProblem(value);
      if (problem) {
        box.validationMessage = {
          message: problem.message,
          severity: vscode.InputBoxValidationSeverity.Error,
        };
      } else if (pasted && taken === undefined) void withLineBreaks(value).then(finish);
      else finish(value);
    });
    box.onDidHide(() => {
      if (!picking) finish(undefined);
    });
    box.show();
  });
}

/** What to say about a value as it is typed, without quoting it. Errors keep it from being accepted, warnings do not. */
function advice(value: string): vscode.InputBoxValidationMessage | undefined {
  const problem = valueProblem(value);
  if (problem) return { message: problem.message, severity: vscode.InputBoxValidationSeverity.Error };
  const warning = valueWarning(value);
  return warning === undefined
    ? undefined
    : { message: warning, severity: vscode.InputBoxValidationSeverity.Warning };
}

export function valueWarning(value: string): string | undefined {
  // A text of several lines (a PEM key, say) ends with a line break.
  if (/^\s|\s$/.test(value.replace(/(\n[^\n]*\S)\r?\n$/, '$1')))
    return 'The value starts or ends with a blank or a line break. It is stored as it is.';
  if (value.length < 4)
    return 'Values of fewer than 4 characters cannot be hidden in output: they occur everywhere.';
  return undefined;
}

/**
 * A text of several lines that was pasted into the box has lost its breaks: Chromium makes them blanks. When it is what the clipboard holds, but for them,
 * the clipboard's is meant.
 */
async function withLineBreaks(value: string): Promise<string> {
  const pasted = await vscode.env.clipboard.readText();
  const meant =
    /[\r\n]/.test(pasted) &&
    [pasted.replace(/[\r\n]+/g, ''), pasted.replace(/\r\n|[\r\n]/g, ' ')].some(
      (flat) => flat.trim() === value.trim(),
    );
  return meant && valueProblem(pasted) === undefined ? pasted : value;
}

async function pickFile(): Promise<{ name: string; text: string } | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: 'File with the secret’s value',
      openLabel: 'Take Its Text',
    })) ?? [];
  if (!file) return undefined;
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  try {
    const { size } = await vscode.workspace.fs.stat(file);
    if (size > MAX_VALUE_BYTES)
      throw new Error(
        `it has ${size.toLocaleString('en')} bytes; the limit is ${MAX_VALUE_BYTES.toLocaleString('en')}`,
      );
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      await vscode.workspace.fs.readFile(file),
    );
    // Editors end a file with a line break; a token of one line has none.
    return { name, text: text.replace(/^([^\r\n]+)\r?\n$/, '$1') };
  } catch (error) {
    const reason =
      error instanceof TypeError
        ? 'it is not UTF-8 text'
        : error instanceof Error
          ? error.message
          : String(error);
    void vscode.window.showErrorMessage(`${name} cannot be taken as a value: ${reason}.`);
    return undefined;
  }
}
