/**
 * Which folders may use the secrets of a project on this machine. A project's id stands in a file of the repository, so any
 * repository could name one whose values are here: a folder that is new to a project asks first.
 */
import * as vscode from 'vscode';
import type { Project } from '../projects.js';
import { countOf } from './words.js';

const STATE = 'projects.homes';

type State = Readonly<Record<string, readonly string[]>>;

export class Homes {
  constructor(private readonly state: vscode.Memento) {}

  /** The folder from which the first value comes is at home in its project. */
  async firstUse({ id, folder }: Project): Promise<void> {
    if (this.of(id).length === 0) await this.add(id, folder);
  }

  /** Asks when the folder is not known. False: its flows must not get values. */
  async mayUse({ id, folder }: Project, keys: readonly string[]): Promise<boolean> {
    const known = this.of(id);
    if (known.includes(folder) || keys.length === 0) return true;
    const here = pathOf(folder);
    const others = known.map(pathOf).join(', ');
    const choice = await vscode.window.showQuickPick(
      [
        {
          label: others === '' ? '$(check) Yes' : `$(check) Yes, both are ${id}`,
          detail:
            others === ''
              ? `It has ${countOf(keys.length, 'value')} on this machine.`
              : `Its values were stored from ${others}.`,
          allow: true,
        },
        {
          label: '$(close) No',
          detail: `Then give this folder a project id of its own in flows.project.yaml.`,
          allow: false,
        },
      ],
      {
        title: `May the flows of ${here} use the secrets of ${id}?`,
        placeHolder: `This folder calls itself ${id} for the first time`,
        ignoreFocusOut: true,
      },
    );
    if (choice?.allow !== true) return false;
    await this.add(id, folder);
    return true;
  }

  private of(id: string): readonly string[] {
    const all = this.state.get<State>(STATE, {});
    return Object.hasOwn(all, id) ? all[id]! : [];
  }

  private async add(id: string, folder: string): Promise<void> {
    await this.state.update(STATE, { ...this.state.get<State>(STATE, {}), [id]: [...this.of(id), folder] });
  }
}

function pathOf(folder: string): string {
  const uri = vscode.Uri.parse(folder);
  return uri.scheme === 'file' ? uri.fsPath : folder;
}
