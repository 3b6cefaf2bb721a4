// ssh's way into the test machine (ProxyCommand), from inside the namespace at the other end of its link:
// node tcp-pipe.mjs ADDRESS PORT joins stdin and stdout to a connection.
import { createConnection } from 'node:net';

const [address, port] = process.argv.slice(2);
const connection = createConnection({ host: address, port: Number(port) });
connection.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
connection.on('close', () => process.exit(0));
process.stdin.pipe(connection).pipe(process.stdout);
