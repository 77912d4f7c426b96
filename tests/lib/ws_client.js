// ws_client.js URL CLIENT [CA [HOST]]: what a client sees of ws_server.js, a line each. With HOST it connects to the address in
// URL and means HOST by it. "hold" instead of CA: says hello, then nothing until standard input ends, then asks once more.
const { WebSocket } = require('ws');
const fs = require('fs');
const [url, client, ca, host] = process.argv.slice(2);
const hold = ca === 'hold';
const options = { localAddress: client, perMessageDeflate: true };
if (ca && !hold) Object.assign(options, { ca: fs.readFileSync(ca), servername: host, headers: { Host: host } });
const socket = new WebSocket(url, ['echo'], options);
const say = (line) => console.log(line);
const waiting = [];
const answer = () => new Promise((resolve) => waiting.push(resolve));
const ask = (message) => {
	socket.send(message);
	return answer();
};
socket.on('message', (bytes, binary) => waiting.shift()(binary ? bytes : bytes.toString()));
socket.on('error', (error) => {
	say(`error ${error.message}`);
	process.exit(1);
});
socket.on('close', (code, reason) => {
	say(`closed ${code} ${reason}`);
	process.exit(0);
});
const inputEnds = () => new Promise((resolve) => process.stdin.on('end', resolve).resume());

async function all() {
	say(await answer());
	say(`protocol ${socket.protocol}`);
	say(await ask('hello'));
	if (hold) {
		await inputEnds();
		say(await ask('still there'));
		socket.close(1000);
		return;
	}
	say(`compressed ${socket.extensions}`);
	const text = 'long '.repeat(200000);
	say(`1 MB of text ${(await ask(text)) === text}`);
	const bytes = Buffer.from(Array.from({ length: 300000 }, (_, i) => (i * 7919) % 251));
	say(`300 kB of bytes ${bytes.equals(await ask(bytes))}`);
	let count = 0;
	const many = [];
	for (let i = 0; i < 1000; i++) many.push(ask(`${i}`).then((got) => (count += got === `${i}`)));
	await Promise.all(many);
	say(`1000 messages in order ${count}`);
	await new Promise((resolve) => {
		socket.once('pong', resolve);
		socket.ping('are you there');
	});
	say('pong');
	socket.send('close');
}
socket.on('open', all);
