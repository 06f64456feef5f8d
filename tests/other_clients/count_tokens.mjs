// Reads a JSON list of texts and prints how many tokens each has.
import process from "node:process";
import { Tiktoken } from "js-tiktoken/lite";
import ranks from "js-tiktoken/ranks/o200k_base";

let sent = "";
for await (const piece of process.stdin.setEncoding("utf8")) {
  sent += piece;
}
const encoding = new Tiktoken(ranks);
process.stdout.write(JSON.stringify(JSON.parse(sent).map((text) => encoding.encode(text).length)));
