// A local server that answers every request with what it got. For secret-echo.flow.yaml.
//   node examples/echo-server.mjs [port]     (default 8787; 0: any free one)
import http from 'node:http';

const server = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // It stays text.
  }
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify({ method: request.method, path: request.url, headers: request.headers, body }));
});

server.on('error', (error) => {
  console.error(
    error.code === 'EADDRINUSE' ? `The port is taken. Choose another: node examples/echo-server.mjs <port>` : error.message,
  );
  process.exitCode = 1;
});
server.listen(Number(process.argv[2] ?? 8787), '127.0.0.1', () => {
  console.log(`Echo server on http://127.0.0.1:${server.address().port}`);
});
