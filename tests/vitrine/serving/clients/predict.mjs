// A client of the gRPC API in Node: `node predict.mjs PROTOSET ADDRESS` reads typed fields of a tensor, and prints JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const grpc = require("@grpc/grpc-js");
const protoLoader = require("@grpc/proto-loader");

const [protoset, address] = process.argv.slice(2);
const definition = protoLoader.loadFileDescriptorSetFromBuffer(readFileSync(protoset), { longs: Number });
const { serving } = grpc.loadPackageDefinition(definition).tensorflow;
const client = new serving.PredictionService(address, grpc.credentials.createInsecure());
const query = { dtype: "DT_STRING", tensor_shape: { dim: [{ size: 1 }] }, string_val: [Buffer.from("mug")] };
// Loaded from descriptors, names are those of the .proto files, and maps are lists of their entries.
const request = { model_spec: { name: "contract", signature_name: "describe" }, inputs: [{ key: "query", value: query }] };
client.Predict(request, { deadline: Date.now() + 30_000 }, (error, answer) => {
  if (error) throw error;
  const { product_id, number, score } = Object.fromEntries(answer.outputs.map(({ key, value }) => [key, value]));
  const ids = product_id.string_val.map((value) => value.toString());
  console.log(JSON.stringify({ ids, number: number.int64_val, score: score.float_val }));
  client.close();
});
