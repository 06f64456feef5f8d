// Lists and calls with a client of another make, and prints what it was told as one JSON document.
import process from "node:process";

const wish = JSON.parse(process.argv[2]);

async function made() {
  if (wish.make === "sdk") {
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    const http = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
    const stdio = await import("@modelcontextprotocol/sdk/client/stdio.js");
    return [new Client({ name: "other", version: "1" }), http.StreamableHTTPClientTransport, stdio.StdioClientTransport];
  }
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  const versionNegotiation = { mode: wish.version ? { pin: wish.version } : "legacy" };
  return [
    new Client({ name: "other", version: "1" }, { versionNegotiation }),
    StreamableHTTPClientTransport,
    StdioClientTransport,
  ];
}

const [client, Http, Stdio] = await made();
const transport = wish.url
  ? new Http(new URL(wish.url), { requestInit: { headers: wish.headers } })
  : new Stdio({ command: wish.command, args: wish.args, env: wish.env });
await client.connect(transport);
const { tools } = await client.listTools();
const called = await client.callTool({ name: "top", arguments: { item: "artists", limit: 2 } });
const refused = await client.callTool({ name: "top", arguments: { item: "artists", limitt: 2 } });
const unknown = await client.callTool({ name: "no_such_tool", arguments: {} }).then(
  () => null,
  (error) => error.code,
);
const { prompts } = await client.listPrompts();
const prompt = await client.getPrompt({ name: "year_story", arguments: { year: "2024" } });
const resource = await client.readResource({ uri: "tonearm://profile" });
const told = {
  server: client.getServerVersion()?.name,
  instructions: client.getInstructions(),
  tools: tools.map((tool) => tool.name),
  called: called.structuredContent,
  refused: refused.isError ? refused.content[0].text : null,
  unknown,
  prompts: prompts.map((one) => one.name),
  prompt: prompt.messages[0].content.text,
  resource: JSON.parse(resource.contents[0].text),
};
await client.close();
process.stdout.write(JSON.stringify(told));
