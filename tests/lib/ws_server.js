// ws_server.js PORT: a WebSocket server by the library ws. It offers the protocol "echo" and compression, says "welcome"
// first, and sends every message back; "close" makes it close with 4001, and "quiet" is not answered.
const { WebSocketServer } = require('ws');
const server = new WebSocketServer({
	port: Number(process.argv[2]),
	perMessageDeflate: { threshold: 1024 },
	handleProtocols: (protocols) => (protocols.has('echo') ? 'echo' : false),
});
server.on('connection', (socket, request) => {
	socket.send('welcome ' + request.headers['fly-client-ip']);
	socket.on('message', (bytes, binary) => {
		if (!binary && bytes.toString() === 'close') socket.close(4001, 'as you wish');
		else if (binary || bytes.toString() !== 'quiet') socket.send(bytes, { binary });
	});
});
