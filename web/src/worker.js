// Runs networks beside the page, so that the page stays awake.

import * as ort from "onnxruntime-web/wasm";

import { toBytes, toPlanes } from "./pixels.js";

ort.env.wasm.wasmPaths = { wasm: new URL("ort-wasm-simd-threaded.wasm", import.meta.url).href };
ort.env.wasm.numThreads = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;

const sessions = new Map();

/** A network, loaded when it is first wanted. */
function session(file) {
  if (!sessions.has(file)) {
    const made = ort.InferenceSession.create(new URL(file, import.meta.url).href, { executionProviders: ["wasm"] });
    made.catch(() => sessions.delete(file)); // the next try begins anew
    sessions.set(file, made);
  }
  return sessions.get(file);
}

async function paint({ file, bytes, width, height, weights }) {
  const network = await session(file);
  const began = performance.now();
  const feeds = { picture: new ort.Tensor("float32", toPlanes(bytes, width * height), [1, 3, height, width]) };
  if (weights) feeds.weights = new ort.Tensor("float32", weights, [weights.length]);
  const { result } = await network.run(feeds);
  const painting = toBytes(result.data, bytes);
  result.dispose();
  return { bytes: painting, seconds: (performance.now() - began) / 1000 };
}

self.onmessage = async ({ data }) => {
  try {
    const done = await paint(data);
    self.postMessage({ id: data.id, ...done }, [done.bytes.buffer]);
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error?.message ?? error) });
  }
};
