// The greeter's page, and the gRPC-Web client that it calls the server with: written by hand, no
// dependencies, no build step. The client comes first and knows nothing of the page, so another
// page may import it:
//
//     import { call, Greeter } from "./greeter.js";
//
//     const { status } = await call({
//       baseURL: "http://localhost:8080",
//       method: Greeter.sayHello,
//       request: { name: "world" },
//       onMessage: (reply) => console.log(reply.message),
//     });

const utf8 = {
  encoder: new TextEncoder(),
  // A message may well begin with U+FEFF, which a decoder would otherwise swallow.
  decoder: new TextDecoder("utf-8", { ignoreBOM: true }),
};

// ---- Status ------------------------------------------------------------------------------------

const codeNames = [
  "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
  "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
  "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
];

/** The numbers of the gRPC status codes by their names. */
export const Code = Object.freeze(
  Object.fromEntries(codeNames.map((name, number) => [name, number])),
);

/** How a call ended. Thrown inside the client, but handed to its caller as a value. */
export class Status extends Error {
  constructor(code, message = "") {
    super(message);
    this.code = code;
    this.name = codeNames[code];
  }
}

/** The status that headers or trailers carry, if they carry one. */
function readStatus(fields) {
  const valueOf = (wanted) => fields.find(([name]) => name === wanted)?.[1];
  const code = valueOf("grpc-status");
  if (code === undefined || !/^\d+$/.test(code)) return undefined;
  const known = Number(code) < codeNames.length ? Number(code) : Code.UNKNOWN;
  return new Status(known, percentDecode(valueOf("grpc-message") ?? ""));
}

/** The status for a response that is not gRPC-Web: often a proxy's, or another server's. */
function statusOfForeignResponse(response) {
  const codes = {
    400: Code.INTERNAL,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.UNIMPLEMENTED,
    429: Code.UNAVAILABLE,
    502: Code.UNAVAILABLE,
    503: Code.UNAVAILABLE,
    504: Code.UNAVAILABLE,
  };
  const contentType = response.headers.get("content-type") ?? "no content type";
  return new Status(
    codes[response.status] ?? Code.UNKNOWN,
    `The answer is not gRPC-Web: HTTP ${response.status}, ${contentType}.`,
  );
}

/** Decodes a `grpc-message`. A broken one is shown as well as it can be, it never fails a call. */
export function percentDecode(text) {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = run.slice(1).split("%").map((hex) => parseInt(hex, 16));
    return utf8.decoder.decode(Uint8Array.from(bytes));
  });
}

// ---- Messages ----------------------------------------------------------------------------------

// Protocol Buffers, as far as the greeter's messages need them: `string name = 1` and
// `float seconds = 1` going out, `string message = 1` coming in.

export function encodeHelloRequest({ name }) {
  const text = utf8.encoder.encode(name);
  return text.length === 0 ? text : concat([Uint8Array.of(0x0a), varint(text.length), text]);
}

export function encodeTimeoutRequest({ seconds }) {
  const bytes = new Uint8Array(5);
  bytes[0] = 0x0d;
  new DataView(bytes.buffer).setFloat32(1, seconds, true);
  return bytes;
}

export function encodeEmpty() {
  return new Uint8Array();
}

export function decodeEmpty() {
  return {};
}

export function decodeHelloReply(bytes) {
  let offset = 0;
  let message = "";

  function readVarint() {
    let value = 0;
    for (let shift = 0; shift < 70 && offset < bytes.length; shift += 7) {
      const byte = bytes[offset++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Status(Code.INTERNAL, "The reply is not a HelloReply.");
  }

  // A field that is not known is skipped, so that a newer server can still be read.
  const lengthOf = { 0: () => (readVarint(), 0), 1: () => 8, 2: readVarint, 5: () => 4 };
  while (offset < bytes.length) {
    const tag = readVarint();
    const length = lengthOf[tag % 8]?.();
    if (length === undefined || length > bytes.length - offset) {
      throw new Status(Code.INTERNAL, "The reply is not a HelloReply.");
    }
    if (tag === 0x0a) message = utf8.decoder.decode(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return { message };
}

function varint(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, value);
}

/** The methods of `helloworld.Greeter` that the page calls. */
export const Greeter = Object.freeze({
  sayHello: {
    path: "/helloworld.Greeter/SayHello",
    isStreaming: false,
    encode: encodeHelloRequest,
    decode: decodeHelloReply,
  },
  sayHelloSlowly: {
    path: "/helloworld.Greeter/SayHelloSlowly",
    isStreaming: true,
    encode: encodeHelloRequest,
    decode: decodeHelloReply,
  },
  abort: {
    path: "/helloworld.Greeter/Abort",
    isStreaming: false,
    encode: encodeEmpty,
    decode: decodeEmpty,
  },
  unaryTimeout: {
    path: "/helloworld.Greeter/UnaryTimeout",
    isStreaming: false,
    encode: encodeTimeoutRequest,
    decode: decodeEmpty,
  },
});

// ---- Frames ------------------------------------------------------------------------------------

const frameHeaderSize = 5;
const maximumMessageSize = 4 * 1024 * 1024;

/** Puts a message into a frame: flags, length, bytes. */
export function encodeFrame(message) {
  const header = new Uint8Array(frameHeaderSize);
  new DataView(header.buffer).setUint32(1, message.length);
  return concat([header, message]);
}

/** Takes frames out of a body, however the network has cut it. */
export class FrameDecoder {
  #buffer = new Uint8Array();
  #sawTrailers = false;

  /** The frames that `chunk` completes: `{ isTrailers, bytes }` each. */
  *decode(chunk) {
    this.#buffer = concat([this.#buffer, chunk]);
    for (;;) {
      if (this.#sawTrailers && this.#buffer.length > 0) {
        throw new Status(Code.INTERNAL, "The response goes on after its trailers.");
      }
      if (this.#buffer.length < frameHeaderSize) return;

      const flags = this.#buffer[0];
      if (flags !== 0x00 && flags !== 0x80) {
        // This client offers no compression, so the compression flag is as wrong as any other.
        throw new Status(Code.INTERNAL, `A frame has the flags 0x${flags.toString(16)}.`);
      }
      const length = new DataView(this.#buffer.buffer, this.#buffer.byteOffset).getUint32(1);
      if (length > maximumMessageSize) {
        throw new Status(Code.RESOURCE_EXHAUSTED, `A message of ${length} bytes is too large.`);
      }
      const end = frameHeaderSize + length;
      if (this.#buffer.length < end) return;

      const bytes = this.#buffer.subarray(frameHeaderSize, end);
      this.#buffer = this.#buffer.subarray(end);
      this.#sawTrailers = flags === 0x80;
      yield { isTrailers: this.#sawTrailers, bytes };
    }
  }

  finish() {
    if (this.#buffer.length > 0) {
      throw new Status(Code.INTERNAL, "The response ends inside a frame.");
    }
  }
}

/** The lines of a trailers frame as pairs of name and value, in their order. */
export function decodeTrailers(bytes) {
  return utf8.decoder
    .decode(bytes)
    .split("\r\n")
    .filter((line) => line.includes(":"))
    .map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    });
}

function concat(arrays) {
  const filled = arrays.filter((array) => array.length > 0);
  if (filled.length === 1) return filled[0];
  const result = new Uint8Array(filled.reduce((sum, array) => sum + array.length, 0));
  let offset = 0;
  for (const array of filled) {
    result.set(array, offset);
    offset += array.length;
  }
  return result;
}

// ---- Text mode ---------------------------------------------------------------------------------

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const base64Values = new Map([...base64Alphabet].map((char, value) => [char.charCodeAt(0), value]));
const padding = "=".charCodeAt(0);

export function encodeBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/**
 * Decodes a body in text mode. The server pads at every flush, so padding may come in mid-stream,
 * where `atob` would refuse it; and the network cuts anywhere, also inside of four characters.
 */
export class Base64Decoder {
  #quantum = [];

  /** The bytes of every group of four characters that `chunk` completes. */
  decode(chunk) {
    const bytes = new Uint8Array(Math.ceil((this.#quantum.length + chunk.length) / 4) * 3);
    let count = 0;
    for (const char of chunk) {
      this.#quantum.push(char);
      if (this.#quantum.length < 4) continue;
      for (const byte of decodeQuantum(this.#quantum)) bytes[count++] = byte;
      this.#quantum = [];
    }
    return bytes.subarray(0, count);
  }

  finish() {
    if (this.#quantum.length > 0) {
      throw new Status(Code.INTERNAL, "The response ends inside a group of four characters.");
    }
  }
}

function decodeQuantum(chars) {
  const padded = chars[3] !== padding ? 0 : chars[2] !== padding ? 1 : 2;
  let bits = 0;
  for (let index = 0; index < 4; index += 1) {
    const value = index < 4 - padded ? base64Values.get(chars[index]) : 0;
    if (value === undefined) throw new Status(Code.INTERNAL, "The response is not base64.");
    bits = (bits << 6) | value;
  }
  return [bits >> 16, (bits >> 8) & 0xff, bits & 0xff].slice(0, 3 - padded);
}

// ---- Calls -------------------------------------------------------------------------------------

const contentTypes = {
  binary: "application/grpc-web+proto",
  text: "application/grpc-web-text+proto",
};

/** How much later than the server this client gives up: the server's own answer says more. */
const deadlineGrace = 250;

/**
 * Makes a unary or server-streaming call. It never throws: whatever happens is a status.
 *
 * @param {object} options
 * @param {string} options.baseURL Where the service is, with the path it is mounted at, if any.
 * @param {object} options.method One of `Greeter`.
 * @param {object} options.request The request message.
 * @param {"binary"|"text"} [options.mode]
 * @param {[string, string | Uint8Array][]} [options.metadata] Bytes are for names ending in `-bin`.
 * @param {number} [options.timeout] In milliseconds.
 * @param {AbortSignal} [options.signal] Cancels the call.
 * @param {(headers: [string, string][]) => void} [options.onHeaders]
 * @param {(message: object, size: number) => void} [options.onMessage] Gets each message as it
 *   comes, and its size in bytes.
 * @returns {Promise<{status: Status, headers: [string, string][], trailers: [string, string][]}>}
 */
export async function call(options) {
  const result = { status: undefined, headers: [], trailers: [] };
  const { timeout } = options;
  const deadline = timeout === undefined ? undefined : AbortSignal.timeout(timeout + deadlineGrace);
  const signal = AbortSignal.any([options.signal, deadline].filter(Boolean));
  try {
    result.status = await exchange({ ...options, signal }, result);
  } catch (error) {
    if (error instanceof Status) {
      result.status = error;
    } else if (options.signal?.aborted) {
      result.status = new Status(Code.CANCELLED, "The caller cancelled the call.");
    } else if (deadline?.aborted) {
      result.status = new Status(Code.DEADLINE_EXCEEDED, "The server did not answer in time.");
    } else {
      const message = `The call did not get through: ${error.message}.`;
      result.status = new Status(Code.UNAVAILABLE, message);
    }
  }
  return result;
}

/** Sends the request and reads the response: notes its metadata in `result`, returns its status. */
async function exchange({ method, signal, onHeaders, onMessage, ...options }, result) {
  const response = await fetch(options.baseURL.replace(/\/$/, "") + method.path, {
    method: "POST",
    headers: requestHeaders(options),
    body: requestBody(method.encode(options.request), options.mode),
    signal,
  });
  result.headers = [...response.headers];
  onHeaders?.(result.headers);

  const headerStatus = readStatus(result.headers);
  const mode = response.status === 200 ? modeOf(response.headers.get("content-type")) : undefined;
  if (mode === undefined) {
    response.body?.cancel().catch(() => {});
    return headerStatus ?? statusOfForeignResponse(response);
  }

  let messages = 0;
  let trailers;
  for await (const frame of readFrames(response.body, mode)) {
    if (frame.isTrailers) {
      trailers = decodeTrailers(frame.bytes);
      continue;
    }
    messages += 1;
    if (messages > 1 && !method.isStreaming) {
      throw new Status(Code.UNIMPLEMENTED, "A unary call got more than one message.");
    }
    onMessage?.(method.decode(frame.bytes), frame.bytes.length);
  }

  if (trailers === undefined && messages > 0) {
    throw new Status(Code.UNKNOWN, "The response ended without a status.");
  }
  if (trailers === undefined && headerStatus !== undefined) {
    // An answer without a body: its headers are its trailers.
    [result.headers, trailers] = [[], result.headers];
  }
  result.trailers = trailers ?? [];
  const status = readStatus(result.trailers) ?? headerStatus;
  if (status === undefined) {
    throw new Status(Code.UNKNOWN, "The response ended without a status.");
  }
  if (status.code === Code.OK && messages === 0 && !method.isStreaming) {
    throw new Status(Code.UNIMPLEMENTED, "A unary call got no message.");
  }
  return status;
}

function requestHeaders({ mode = "binary", metadata = [], timeout }) {
  const headers = new Headers();
  for (const [name, value] of metadata) {
    const isBinary = value instanceof Uint8Array;
    headers.append(name, isBinary ? encodeBase64(value).replace(/=+$/, "") : value);
  }
  headers.set("content-type", contentTypes[mode]);
  headers.set("accept", contentTypes[mode]);
  headers.set("x-grpc-web", "1");
  headers.set("x-user-agent", "sonora-greeter-page");
  if (timeout !== undefined) headers.set("grpc-timeout", `${Math.ceil(timeout)}m`);
  return headers;
}

function requestBody(message, mode = "binary") {
  const frame = encodeFrame(message);
  return mode === "text" ? encodeBase64(frame) : frame;
}

/** The mode that a content type stands for: `undefined` when it is not gRPC-Web. */
function modeOf(contentType) {
  const match = /^application\/grpc-web(-text)?(\+proto)?\s*(;|$)/i.exec(contentType ?? "");
  if (match === null) return undefined;
  return match[1] ? "text" : "binary";
}

async function* readFrames(body, mode) {
  const frames = new FrameDecoder();
  const base64 = mode === "text" ? new Base64Decoder() : undefined;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield* frames.decode(base64 ? base64.decode(value) : value);
    }
    base64?.finish();
    frames.finish();
  } finally {
    // After an error the rest is of no use. It may fail a second time, which is of no interest.
    reader.cancel().catch(() => {});
  }
}

// ---- The page ----------------------------------------------------------------------------------

/** The calls that the page's buttons make. */
const actions = {
  "say-hello": { method: Greeter.sayHello },
  "say-hello-slowly": { method: Greeter.sayHelloSlowly },
  abort: { method: Greeter.abort },
  timeout: { method: Greeter.unaryTimeout, timeout: 500 },
};

function startPage(form) {
  // `?server=http://host:port` has the calls go to another origin than the page's.
  const server = new URLSearchParams(location.search).get("server") ?? ".";
  const baseURL = new URL(server, location.href).href;
  let running;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    makeCall(actions[event.submitter.id]);
  });
  element("cancel").addEventListener("click", () => running?.abort());

  async function makeCall({ method, timeout }) {
    running?.abort();
    const thisCall = new AbortController();
    running = thisCall;
    // A call that a newer one has replaced must show nothing more.
    const isCurrent = () => running === thisCall;

    const { name, mode } = Object.fromEntries(new FormData(form));
    const start = performance.now();
    const elapsed = () => Math.round(performance.now() - start);
    showStart(method, mode, baseURL);
    const result = await call({
      baseURL,
      method,
      mode,
      timeout,
      request: { name, seconds: 0.1 },
      signal: thisCall.signal,
      onHeaders: (headers) => isCurrent() && showFields("headers", headers),
      onMessage: (reply, size) => isCurrent() && showMessage(reply, size, elapsed()),
    });
    if (!isCurrent()) return;
    running = undefined;
    showEnd(result, elapsed());
  }
}

function showStart(method, mode, baseURL) {
  element("call").dataset.state = "running";
  element("cancel").setAttribute("aria-disabled", "false");
  element("request").textContent = `POST ${method.path}`;
  element("request-details").textContent = `${contentTypes[mode]} to ${new URL(baseURL).host}`;
  element("text").textContent = "";
  element("messages").replaceChildren();
  delete element("status").dataset.code;
  element("status-name").textContent = "Running";
  element("status-message").textContent = "";
  element("duration").textContent = "";
  showFields("headers", []);
  showFields("trailers", []);
}

function showMessage(reply, size, milliseconds) {
  // An Empty has no text to show.
  const message = reply.message ?? "";
  element("text").append(message);
  const row = create("li");
  row.dataset.elapsed = milliseconds;
  row.append(
    create("span", "elapsed", `${milliseconds} ms`),
    create("q", "message", message),
    create("span", "size", `${size} bytes`),
  );
  element("messages").append(row);
}

function showEnd({ status, headers, trailers }, milliseconds) {
  element("call").dataset.state = status.code === Code.OK ? "ok" : "failed";
  element("cancel").setAttribute("aria-disabled", "true");
  element("status").dataset.code = status.code;
  element("status-name").textContent = `${status.name} (${status.code})`;
  element("status-message").textContent = status.message;
  element("duration").textContent = `${milliseconds} ms`;
  showFields("headers", headers);
  showFields("trailers", trailers);
}

function showFields(id, fields) {
  const rows = fields.map(([name, value]) => {
    const row = create("tr");
    const header = create("th", "", name);
    header.scope = "row";
    row.append(header, create("td", "", value));
    return row;
  });
  element(id).replaceChildren(...rows);
}

function element(id) {
  return document.getElementById(id);
}

function create(tag, className = "", text = "") {
  const created = document.createElement(tag);
  created.className = className;
  created.textContent = text;
  return created;
}

const form = globalThis.document?.getElementById("greeter");
if (form) startPage(form);
