// Searches with Node's clients: fetch, and a streamed (chunked) body on a connection that is kept and then idle.
import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const [url, body, seconds] = process.argv.slice(2);
const headers = { "content-type": "application/json" };
const agent = new http.Agent({ keepAlive: true });

function streamed() {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: "POST", agent, headers }, async (response) => {
      const parts = [];
      for await (const part of response) parts.push(part);
      resolve(`${response.statusCode} ${Buffer.concat(parts)}`);
    });
    request.on("error", reject);
    for (const letter of body) request.write(letter);
    request.end();
  });
}

for (let n = 0; n < 2; n++) {
  const response = await fetch(url, { method: "POST", headers, body });
  console.log(`${response.status} ${await response.text()}`);
  console.log(await streamed());
  if (n === 0) await pause(Number(seconds) * 1000);
}
agent.destroy();
