// A gRPC-Web client for tests: over XMLHttpRequest or fetch, in binary or text mode. It knows nothing of
// messages but their bytes, and hides nothing of what has come.

const CODES = { OK: 0, CANCELLED: 1, UNKNOWN: 2, DEADLINE_EXCEEDED: 4, INTERNAL: 13, UNAVAILABLE: 14 };

/**
 * Makes a call and resolves when it has ended, however it did.
 *
 * @param {object} options
 * @param {string} options.url of the method
 * @param {"xhr" | "fetch"} options.api to make the request with
 * @param {"binary" | "text"} options.mode of the request, and asked for
 * @param {string[]} options.messages of the request, in base64
 * @param {Record<string, string>} options.headers besides gRPC-Web's own
 * @param {boolean} options.credentials whether to send cookies
 * @param {boolean[]} options.compressed whether to compress each of the messages
 * @param {number} options.timeout in milliseconds; none if it is 0
 * @param {number} options.cancelAfter so many messages; never if it is 0
 * @param {number} options.cancelIn so many milliseconds, if it isn't 0. The request has no end then, and
 *   no messages either, for which `api` has to be fetch
 * @returns {Promise<object>} `code` and `message` of the status; `httpStatus`; `headers`; `trailers`; the
 *   `messages` in base64; `compressed`, whether each of them came so; `began`, when the request was made, in
 *   milliseconds since 1970; `arrivals`, when each message came, and `ended`, in milliseconds after that
 */
export async function call(options) {
  const { api, timeout, cancelAfter, cancelIn } = options;
  const result = { headers: {}, trailers: null, messages: [], compressed: [], arrivals: [] };
  const base64 = new Base64Decoder();
  const frames = new FrameDecoder();
  const abort = new AbortController();
  let aborted = null;
  const stop = (code, message) => {
    aborted ??= { code, message };
    abort.abort();
  };

  const body = cancelIn > 0 ? new ReadableStream() : await encode(options);
  const start = performance.now();
  result.began = Date.now();
  const receiver = {
    begin(httpStatus, headers) {
      result.httpStatus = httpStatus;
      result.headers = Object.fromEntries(headers);
    },
    receive(chunk) {
      const isText = (result.headers["content-type"] ?? "").startsWith("application/grpc-web-text");
      for (const { flags, bytes } of frames.decode(isText ? base64.decode(chunk) : chunk)) {
        if (flags & 0x80) {
          result.trailers = parseTrailers(bytes);
          continue;
        }
        result.messages.push(bytes);
        result.compressed.push((flags & 0x01) !== 0);
        result.arrivals.push(performance.now() - start);
        if (result.messages.length === cancelAfter) stop(CODES.CANCELLED, "cancelled by the page");
      }
    },
  };

  const timer =
    timeout > 0 && setTimeout(() => stop(CODES.DEADLINE_EXCEEDED, "the time is over"), timeout);
  const canceller =
    cancelIn > 0 && setTimeout(() => stop(CODES.CANCELLED, "cancelled by the page"), cancelIn);
  try {
    const send = api === "xhr" ? sendWithXHR : sendWithFetch;
    await send(requestOf(options, body), receiver, abort.signal);
  } catch (error) {
    Object.assign(result, aborted ?? { code: CODES.UNAVAILABLE, message: String(error) });
  } finally {
    clearTimeout(timer);
    clearTimeout(canceller);
  }
  result.ended = performance.now() - start;
  const contents = result.messages.map((bytes, i) => (result.compressed[i] ? gunzip(bytes) : bytes));
  result.messages = (await Promise.all(contents)).map(toBase64);
  if (aborted) Object.assign(result, aborted);
  if (result.code === undefined) Object.assign(result, statusOf(result, frames, base64));
  return result;
}

/**
 * Throws unless fetch can send a request while it is written.
 *
 * @param {"half" | "full"} duplex whether its response is handed out at the request's end, or before, too
 */
export function tryStreaming(duplex) {
  const request = new Request("/", { method: "POST", body: new ReadableStream(), duplex });
  if (request.headers.has("content-type")) throw new Error("fetch takes a stream for text");
}

function requestOf({ url, mode, headers, credentials, compressed, timeout }, body) {
  const type = mode === "text" ? "application/grpc-web-text+proto" : "application/grpc-web+proto";
  return {
    url,
    body,
    credentials,
    headers: {
      "content-type": type,
      accept: type,
      "x-grpc-web": "1",
      "x-user-agent": "interop-page",
      ...(timeout > 0 ? { "grpc-timeout": `${timeout}m` } : {}),
      "grpc-accept-encoding": "gzip",
      ...(compressed.includes(true) ? { "grpc-encoding": "gzip" } : {}),
      ...headers,
    },
  };
}

async function sendWithFetch({ url, body, credentials, headers }, receiver, signal) {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers,
    signal,
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
    credentials: credentials ? "include" : "omit",
    cache: "no-store",
  });
  receiver.begin(response.status, response.headers.entries());
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    receiver.receive(value);
  }
}

function sendWithXHR({ url, body, credentials, headers }, receiver, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.withCredentials = credentials;
    // A string is all that XMLHttpRequest hands out before the end: with this, of a character a byte.
    request.overrideMimeType("text/plain; charset=x-user-defined");
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);

    let seen = 0;
    const receive = () => {
      const text = request.responseText.slice(seen);
      seen += text.length;
      if (text) receiver.receive(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    };
    const attempt = (action) => {
      try {
        action();
      } catch (error) {
        reject(error);
        request.abort();
      }
    };
    request.onreadystatechange = () => {
      if (request.readyState !== XMLHttpRequest.HEADERS_RECEIVED || request.status === 0) return;
      const lines = request.getAllResponseHeaders().trim().split("\r\n");
      const headers = lines.map((line) => [line.split(":", 1)[0], line.replace(/^[^:]*: ?/, "")]);
      receiver.begin(request.status, headers);
    };
    request.onprogress = () => attempt(receive);
    request.onload = () => attempt(() => (receive(), resolve()));
    request.onerror = () => reject(new Error("the request failed"));
    request.onabort = () => reject(new Error("the request was aborted"));
    if (signal.aborted) return reject(new Error("the request was aborted"));
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

/** The body of a request: its messages in frames, in text mode in base64. */
async function encode({ mode, messages, compressed }) {
  const frames = [];
  for (const [i, message] of messages.entries()) {
    const bytes = compressed[i] ? await gzip(fromBase64(message)) : fromBase64(message);
    const frame = new Uint8Array(5 + bytes.length);
    frame[0] = compressed[i] ? 1 : 0;
    new DataView(frame.buffer).setUint32(1, bytes.length);
    frame.set(bytes, 5);
    frames.push(frame);
  }
  const body = concatenate(frames);
  return mode === "text" ? toBase64(body) : body;
}

function gzip(bytes) {
  return transform(bytes, new CompressionStream("gzip"));
}

function gunzip(bytes) {
  return transform(bytes, new DecompressionStream("gzip"));
}

async function transform(bytes, by) {
  const stream = new Blob([bytes]).stream().pipeThrough(by);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The status of a call whose response has come as a whole. */
function statusOf({ httpStatus, trailers, headers }, frames, base64) {
  // As clients in use do, which look for no gRPC status then.
  if (httpStatus !== 200) return { code: CODES.UNKNOWN, message: `the HTTP status is ${httpStatus}` };
  if (frames.isCut || base64.isCut) {
    return { code: CODES.INTERNAL, message: "the response ends inside of a frame" };
  }
  const fields = trailers ?? headers;
  if (fields["grpc-status"] === undefined) {
    return { code: CODES.UNKNOWN, message: "the response has no status" };
  }
  const message = decodeURIComponent(fields["grpc-message"] ?? "");
  return { code: Number(fields["grpc-status"]), message };
}

/** The lines of a trailers frame. Names have to be in lower case, and every line has its end. */
function parseTrailers(bytes) {
  const lines = new TextDecoder().decode(bytes).split("\r\n");
  if (lines.pop() !== "") throw new Error("a trailer has no end");
  const trailers = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    trailers[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  return trailers;
}

/** Takes bytes in any chunks and returns the frames that they complete. */
class FrameDecoder {
  #rest = new Uint8Array();

  get isCut() {
    return this.#rest.length > 0;
  }

  decode(chunk) {
    const frames = [];
    let rest = concatenate([this.#rest, chunk]);
    while (rest.length >= 5) {
      const end = 5 + new DataView(rest.buffer, rest.byteOffset).getUint32(1);
      if (rest.length < end) break;
      frames.push({ flags: rest[0], bytes: rest.subarray(5, end) });
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return frames;
  }
}

/** Takes base64 in any chunks, as bytes, by quanta of four characters, each of which may be padded. */
class Base64Decoder {
  #rest = "";

  get isCut() {
    return this.#rest.length > 0;
  }

  decode(chunk) {
    const text = this.#rest + new TextDecoder().decode(chunk);
    const whole = text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    const runs = text.slice(0, whole).match(/[^=]+=*/g) ?? [];
    return concatenate(runs.map(fromBase64));
  }
}

function concatenate(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
