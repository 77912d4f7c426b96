// sink_server.js PORT: an HTTP/1.1 server of Node for large bodies.
//   POST /sink      reads the body and answers how many bytes it had
//   POST /slow      the same, but takes 64 kB every 20 ms only
//   GET /stream/N   N bytes without Content-Length, as fast as they are taken
const http = require('http');
const { Readable } = require('stream');

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function count(request, slow) {
	let bytes = 0, taken = 0;
	for await (const chunk of request) {
		bytes += chunk.length;
		taken += chunk.length;
		if (slow && taken >= 65536) {
			taken = 0;
			await wait(20);
		}
	}
	return bytes;
}

function* zeros(left) {
	const block = Buffer.alloc(65536);
	for (; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block;
}

http.createServer(async (request, response) => {
	const [, verb, size] = request.url.split('/');
	try {
		if (verb === 'stream') Readable.from(zeros(Number(size))).pipe(response);
		else response.end(`${await count(request, verb === 'slow')}\n`);
	} catch {
		response.destroy(); // the client left
	}
}).listen(Number(process.argv[2]), '0.0.0.0');
