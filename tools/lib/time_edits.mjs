// How long an edited text takes to be in an open page, while tools/dev runs: from writing the file
// until the page is told to reload, and page and app both have the text. Prints seconds, the median
// last, and puts the file back.
//
//   node tools/lib/time_edits.mjs SITE_PORT RELOAD_PORT HOW_OFTEN FILE TEXT PAGE
import fs from 'node:fs';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const QUIET_MS = 5000;
const [sitePort, reloadPort, howOften, file, text, page] = process.argv.slice(2);

// The socket an open page listens on; `message` resolves with the first thing it is told.
function openPage() {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port: reloadPort,
      path: '/live_reload',
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': Buffer.from('an edit is timed').toString('base64'),
      },
    });
    request.on('upgrade', (_, socket) => {
      const message = new Promise((told) => socket.once('data', told));
      resolve({ message, close: () => socket.destroy() });
    });
    request.on('error', reject).end();
  });
}

async function served(path) {
  const response = await fetch(`http://127.0.0.1:${sitePort}${path}`);
  return response.text();
}

async function secondsOfEdit(original, changed) {
  const { message, close } = await openPage();
  const begun = performance.now();
  fs.writeFileSync(file, original.replace(text, changed));
  await message;
  const seconds = (performance.now() - begun) / 1000;
  close();
  for (const path of [page, '/pkg/healthflow.wasm']) {
    if (!(await served(path)).includes(changed)) {
      throw new Error(`${path} was told to reload before it had the new text`);
    }
  }
  return seconds;
}

const original = fs.readFileSync(file, 'utf8');
if (!original.includes(text)) throw new Error(`${file} does not say: ${text}`);
const times = [];
try {
  for (let edit = 1; edit <= howOften; edit++) {
    times.push(await secondsOfEdit(original, `${text} (edit ${edit} of ${process.pid})`));
    console.log(times.at(-1).toFixed(2));
    // Until the other app's watcher is done too.
    await pause(QUIET_MS);
  }
} finally {
  fs.writeFileSync(file, original);
}
console.log(times.sort((a, b) => a - b)[times.length >> 1].toFixed(2));
