/** Why the keychain did not do what it was asked, in words that say what to do. Never holds a value. */

export type KeychainFailure =
  /** The native file does not load on this machine. */
  | 'no-native-module'
  /** Nobody offers a keychain: no D-Bus session, no Secret Service. */
  | 'no-service'
  /** There is a keychain, but it is locked and could not ask for its password. */
  | 'locked'
  /** The person or the system refused. */
  | 'denied'
  /** No answer in time. */
  | 'timeout'
  /** An earlier request that timed out is still waiting. */
  | 'busy'
  | 'too-large'
  /** A text that keychains cannot keep as it is. */
  | 'invalid-value'
  /** Anything else the system said. */
  | 'failed';

export class KeychainError extends Error {
  override readonly name = 'KeychainError';

  /**
   * @param said what is wrong, and what would mend it
   * @param elsewhere how to do without a keychain; ends the message
   */
  constructor(
    readonly reason: KeychainFailure,
    readonly said: string,
    elsewhere?: string,
  ) {
    super(elsewhere === undefined ? said : `${said} ${elsewhere}`);
  }

  /** Whether another place has to be used for as long as the machine is set up as it is. */
  get unavailable(): boolean {
    return this.reason === 'no-native-module' || this.reason === 'no-service' || this.reason === 'locked';
  }
}

const NO_SESSION =
  'There is no D-Bus session here, so no keychain can be reached. On a desktop, start the editor from the graphical session.';
const NO_SERVICE =
  'No program offers a keychain (the Secret Service) on this machine. Install gnome-keyring, KWallet or KeePassXC, and start it.';
const ELSEWHERE = 'Or use VS Code’s secret storage (setting flows.secrets.store).';
const LOCKED =
  'The keychain is locked, and it could not ask for its password here. Unlock it (in "Passwords and Keys", KWalletManager or by logging in again) and try again.';
const DENIED = 'The keychain refused access. Try again and allow it when the system asks.';

/**
 * What each system says, as found by running it (Linux) and in its API's documentation (macOS, Windows). Localised systems say
 * it in other words: those end in 'failed' with the system's own sentence.
 */
const SAYINGS: readonly (readonly [RegExp, KeychainFailure, string])[] = [
  [
    /Cannot autolaunch D-Bus|Could not connect|connection is closed|Cannot spawn a message bus/i,
    'no-service',
    NO_SESSION,
  ],
  [
    /org\.freedesktop\.secrets was not provided|ServiceUnknown|Error spawning|Object does not exist at path|No such secret collection|does not exist on this bus/i,
    'no-service',
    NO_SERVICE,
  ],
  [
    /locked collection|IsLocked|is locked|Keychain is not available|interaction is not allowed/i,
    'locked',
    LOCKED,
  ],
  [
    /dismissed|cancel?led|not authori[sz]ed|passphrase you entered is not correct|Access is denied|permission/i,
    'denied',
    DENIED,
  ],
  [
    /Timeout was reached|timed out/i,
    'timeout',
    'The keychain did not answer in time. If it shows a password prompt, answer it and try again.',
  ],
  [
    /stub received bad data|exceeds|too (?:large|long)/i,
    'too-large',
    'The keychain does not take a value of this size.',
  ],
];

/**
 * The error of a native call as a KeychainError.
 * @param secret a value the call was given; a message that quotes it is dropped.
 */
export function explain(error: unknown, secret?: string): KeychainError {
  if (error instanceof KeychainError) return error;
  const said = error instanceof Error ? error.message : String(error);
  for (const [pattern, reason, message] of SAYINGS) {
    if (pattern.test(said))
      return new KeychainError(reason, message, reason === 'no-service' ? ELSEWHERE : undefined);
  }
  const quoted = secret !== undefined && secret !== '' && said.includes(secret);
  const sentence = quoted || said === '' ? 'it gave no reason' : said.split('\n', 1)[0]!.slice(0, 200);
  return new KeychainError('failed', `The keychain failed: ${sentence}`);
}

export function lockedError(): KeychainError {
  return new KeychainError('locked', LOCKED);
}
