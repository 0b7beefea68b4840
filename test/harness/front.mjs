/**
 * The only door to VS Code's server, which itself listens on a Unix socket. Whoever reaches that server can run
 * programs as its user, so the door opens for requests that carry the token (as a cookie, set by the address that we
 * print), name 127.0.0.1 or localhost as their host (no DNS rebinding), and, for web sockets, come from our own page.
 *
 * It also does what code-server does in front of VS Code: hands out the key with which the browser encrypts
 * SecretStorage. The key is new on every start, so what is stored there can be read until the server stops.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { PersonalProblem } from './terminal.mjs';

/**
 * @typedef {object} FrontOptions
 * @property {string} socketPath where VS Code's server listens
 * @property {number} port 0 for any free one
 * @property {boolean} [strictPort] fail when the port is taken, instead of taking a free one
 * @property {(host: string) => URLSearchParams} page query of the page to open (folder and payload) for a `Host`
 *
 * @param {FrontOptions} options
 * @returns {Promise<{ port: number, address: string, close: () => void }>} `address` contains the token
 */
export async function openFront(options) {
  const token = randomBytes(18).toString('base64url');
  const storageKey = randomBytes(32);
  const agent = new http.Agent({ keepAlive: true });

  const server = http.createServer((request, response) => {
    const host = ownHost(request);
    if (!host) return refuse(response, 'This address is not served here.');
    const url = new URL(request.url ?? '/', `http://${host}`);
    if (sameText(url.searchParams.get('token'), token)) {
      response.setHeader('Set-Cookie', `${cookieName()}=${token}; Path=/; HttpOnly; SameSite=Strict`);
      return redirect(response, `/?${options.page(host)}`);
    }
    if (!hasCookie(request)) return refuse(response, 'Open the address that the terminal shows.');
    if (request.method === 'POST' && url.pathname === '/mint-key') {
      response.setHeader('Content-Type', 'application/octet-stream');
      return response.end(storageKey);
    }
    // The payload names the extension under development; opening another folder would lose it.
    if (request.method === 'GET' && url.pathname === '/' && !url.searchParams.has('payload')) {
      const page = options.page(host);
      if (url.search !== '') page.delete('folder');
      for (const [name, value] of url.searchParams) page.set(name, value);
      return redirect(response, `/?${page}`);
    }
    return forwardRequest(request, response);
  });

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  function forwardRequest(request, response) {
    const { method, headers, url: path } = request;
    const forward = http.request(
      { socketPath: options.socketPath, agent, method, headers, path },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    forward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    request.pipe(forward);
  }

  server.on('upgrade', (request, socket, head) => {
    const host = ownHost(request);
    if (!host || !hasCookie(request) || request.headers.origin !== `http://${host}`) {
      socket.destroy();
      return;
    }
    const upstream = net.connect(options.socketPath, () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`];
      for (let i = 0; i < request.rawHeaders.length; i += 2)
        lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
      upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ]) {
      one?.on('error', () => other?.destroy());
      one?.on('close', () => other?.destroy());
    }
  });

  const port = await listen(server, options.port).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    if (options.strictPort)
      throw new PersonalProblem(
        `Port ${options.port} is taken. Choose another with --port, or leave it out.`,
      );
    return listen(server, 0);
  });

  /** Cookies do not tell ports apart: two servers at once need two names. */
  function cookieName() {
    return `flow-secrets-${port}`;
  }

  /** @param {http.IncomingMessage} request */
  function hasCookie(request) {
    const cookies = (request.headers.cookie ?? '').split(/;\s*/);
    return cookies.some((cookie) => sameText(cookie, `${cookieName()}=${token}`));
  }

  /** Any port: it may be forwarded, as with ssh -L. @param {http.IncomingMessage} request */
  function ownHost(request) {
    const host = request.headers.host ?? '';
    return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host) ? host : undefined;
  }

  return {
    port,
    address: `http://127.0.0.1:${port}/?token=${token}`,
    close: () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

/** @param {http.Server} server @param {number} port */
async function listen(server, port) {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return /** @type {net.AddressInfo} */ (server.address()).port;
}

/** @param {http.ServerResponse} response @param {string} reason */
function refuse(response, reason) {
  response.writeHead(403, { 'Content-Type': 'text/plain' }).end(`${reason}\n`);
}

/** @param {http.ServerResponse} response @param {string} location */
function redirect(response, location) {
  response.writeHead(302, { Location: location, 'Cache-Control': 'no-store' }).end();
}

/** @param {string | null} given @param {string} wanted */
function sameText(given, wanted) {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
