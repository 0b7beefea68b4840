/** Which system packages are there, and how the missing ones are installed. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { findChromium, findProgram } from './find-program.mjs';
import { run } from './processes.mjs';
import { PersonalProblem, step } from './terminal.mjs';

const sharedLibraryFolders = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/lib',
];

/** Debian's packages and how to see that what they bring is there, whoever installed it. */
const packages = {
  /** Compiling VS Code's native modules, searching in VS Code. */
  editor: {
    ripgrep: () => findProgram('rg'),
    'build-essential': () => findProgram('make') && findProgram('g++'),
    python3: () => findProgram('python3'),
    'ca-certificates': () => existsSync('/etc/ssl/certs'),
  },
  /** A keychain of its own: the bus, the keyring, the library that keytar talks through. */
  keyring: {
    dbus: () => findProgram('dbus-daemon') && findProgram('dbus-send'),
    'gnome-keyring': () => findProgram('gnome-keyring-daemon'),
    'libsecret-1-0': () =>
      sharedLibraryFolders.some((folder) => existsSync(path.join(folder, 'libsecret-1.so.0'))),
  },
  /** Driving the workbench; fonts, since a bare system draws no text at all. */
  browser: {
    chromium: () => findChromium(),
    'fonts-dejavu-core': () => existsSync('/usr/share/fonts'),
  },
};
/** @typedef {keyof typeof packages} PackageGroup */

/** @param {readonly PackageGroup[]} groups @returns {string[]} Debian's names of what is missing */
export function missingPackages(groups) {
  return groups.flatMap((group) =>
    Object.entries(packages[group])
      .filter(([, isThere]) => !isThere())
      .map(([name]) => name),
  );
}

/**
 * Makes sure that the system has what a task needs. Installs it where that is expected of a script (root on a
 * Debian-family system: a container, a CI machine) and otherwise only says what to do.
 * @param {readonly PackageGroup[]} groups
 * @param {string} purpose e.g. 'The host tests'
 */
export async function ensurePackages(groups, purpose) {
  if (process.platform !== 'linux') {
    if (groups.includes('browser') && !findChromium())
      throw new PersonalProblem(`${purpose} need Chromium or Chrome (or CHROMIUM_PATH).`);
    return;
  }
  const missing = missingPackages(groups);
  if (missing.length === 0) return;
  const apt = findProgram('apt-get');
  if (!apt) {
    throw new PersonalProblem(
      `${purpose} need what these Debian packages bring; please install your system's equivalents:\n  ${missing.join(' ')}`,
    );
  }
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid?.() !== 0) {
    throw new PersonalProblem(
      `${purpose} need some system packages. Please run:\n  sudo apt-get update && sudo apt-get ${install.join(' ')}`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await step('Updating the list of system packages', () => run(apt, ['update', '-q'], { env }));
  await step(`Installing system packages: ${missing.join(' ')}`, () => run(apt, [...install, '-q'], { env }));
  const still = missingPackages(groups);
  if (still.length > 0)
    throw new Error(`apt-get has installed ${missing.join(' ')}, but still missing: ${still.join(' ')}`);
}
