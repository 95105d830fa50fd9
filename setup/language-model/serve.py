"""
Serves one GGUF model over HTTP on loopback, for laptops and for the benches: /v1/models and /v1/completions with
prompt_logprobs and return_token_ids in the form of vLLM. It needs the package llama-cpp-python. Its own server can do
the same by echo and logprobs, but sorts the whole vocabulary in Python for each token, which takes a second for each.

    python setup/language-model/serve.py models/language-model/model.gguf --name smollm2 --port 8090
"""

import argparse
import ctypes
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from llama_cpp import Llama, llama_token_to_piece

BODY_BYTES_MAX = 1 << 20
PIECE_BYTES_MAX = 4096


class BadRequest(Exception):
    """What the client asks for cannot be done."""


class Model:
    """One model; calls take turns."""

    def __init__(self, path, name, context, threads):
        self.name = name
        self.lock = threading.Lock()
        self.pieces = {}
        self.llama = Llama(
            model_path=path,
            n_ctx=context,
            n_batch=min(512, context),
            n_threads=threads,
            n_threads_batch=threads,
            logits_all=True,
            verbose=False,
        )

    def complete(self, body):
        if body.get("model") not in (None, self.name):
            raise BadRequest(f"there is no model {body.get('model')}")
        with self.lock:
            ids = self.llama.tokenize(str(body.get("prompt", "")).encode(), add_bos=True, special=True)
            # The first token of a chat is often the one that the tokenizer puts before every text.
            if ids[:2] == [self.llama.token_bos()] * 2:
                ids = ids[1:]
            tokens_max = int(body.get("max_tokens", 16))
            if not ids or len(ids) + tokens_max > self.llama.n_ctx():
                raise BadRequest(f"the prompt has {len(ids)} tokens; with the answer {self.llama.n_ctx()} fit")
            self.llama.reset()
            self.llama.eval(ids)
            choice = {"index": 0}
            if body.get("prompt_logprobs"):
                choice["prompt_logprobs"] = self.scores(ids, min(100, int(body["prompt_logprobs"])))
                choice["prompt_token_ids"] = ids
            written, choice["finish_reason"] = self.write(tokens_max, body)
            choice["text"] = b"".join(self.piece(id, False) for id in written).decode(errors="replace")
        usage = {"prompt_tokens": len(ids), "completion_tokens": len(written), "total_tokens": len(ids) + len(written)}
        return {"id": "cmpl-0", "object": "text_completion", "model": self.name, "choices": [choice], "usage": usage}

    def scores(self, ids, count):
        rows = logprobs_of(self.llama.scores[: len(ids) - 1])
        places = [None]
        for row, own in zip(rows, ids[1:]):
            top = np.argpartition(row, -count)[-count:]
            ranked = {int(id): rank for rank, id in enumerate(top[np.argsort(-row[top])], 1)}
            ranked.setdefault(own, int((row > row[own]).sum()) + 1)
            places.append({str(id): self.token(row, id, rank) for id, rank in ranked.items()})
        return places

    def token(self, row, id, rank):
        text = self.piece(id, True).decode(errors="replace")
        return {"logprob": float(row[id]), "rank": rank, "decoded_token": text}

    def piece(self, id, special):
        """The bytes of a token. The package's own detokenize loses those of more than 32 bytes."""
        if (id, special) not in self.pieces:
            buffer = ctypes.create_string_buffer(PIECE_BYTES_MAX)
            length = llama_token_to_piece(self.llama._model.vocab, id, buffer, PIECE_BYTES_MAX, 0, special)
            self.pieces[id, special] = buffer.raw[: max(0, length)]
        return self.pieces[id, special]

    def write(self, count, body):
        temperature = float(body.get("temperature", 1))
        random = np.random.default_rng(body.get("seed"))
        written = []
        while len(written) < count:
            row = self.llama.scores[self.llama.n_tokens - 1].astype(np.float64)
            if temperature == 0:
                id = int(np.argmax(row))
            else:
                chances = np.exp(logprobs_of(row / temperature))
                id = int(random.choice(len(chances), p=chances / chances.sum()))
            if self.llama._model.token_eos() == id or id == self.llama.token_eos():
                return written, "stop"
            written.append(id)
            if len(written) < count:
                self.llama.eval([id])
        return written, "length"


def logprobs_of(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def handler_of(model):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path == "/v1/models":
                return self.answer(200, {"object": "list", "data": [{"id": model.name, "object": "model"}]})
            return self.answer(404, {"error": {"message": "there is /v1/models and /v1/completions"}})

        def do_POST(self):
            length = int(self.headers.get("content-length", 0))
            if self.path != "/v1/completions" or length > BODY_BYTES_MAX:
                return self.answer(404 if length <= BODY_BYTES_MAX else 413, {"error": {"message": "not taken"}})
            try:
                return self.answer(200, model.complete(json.loads(self.rfile.read(length))))
            except (BadRequest, ValueError, TypeError) as error:
                return self.answer(400, {"error": {"message": str(error)}})

        def answer(self, status, value):
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            """Requests hold content, so none is logged."""

    return Handler


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="the GGUF file")
    parser.add_argument("--name", required=True, help="the model's name at the API")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--context", type=int, default=1024, help="tokens of prompt and answer together")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    model = Model(options.model, options.name, options.context, options.threads)
    server = ThreadingHTTPServer(("127.0.0.1", options.port), handler_of(model))
    print(f"serving {options.name} at http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
