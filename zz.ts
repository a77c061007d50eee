import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { startOpenssh } from "./test/peers/openssh.ts";
import { takeFrom } from "./bench/remote-job.ts";
const peer = await startOpenssh();
const exp = join(peer.root, "export"); mkdirSync(exp);
const CSV = `decode: { csv: { delimiter: ";", header: true } }\nmap:\n  json: { id: = ID }\ndeliver:\n  batch: { drop: true }\n  folder: { path: out, name: "{$file.stem}.json" }\n`;
const RAW = `deliver:\n  folder: { path: out, name: "{$file.stem}.csv" }\n`;
function big(path: string, mb: number) { const f = openSync(path, "w"); writeSync(f, "ID;REST\n"); const piece = Buffer.from(Array.from({length:10},(_,i)=>`${i};${"abcdefghijklmnopqrstuvwxyz0123456789".repeat(2777)}\n`).join("")); for (let n=0;n<mb;n++) writeSync(f, piece); closeSync(f); return piece.length*mb; }
function get(cmd: string) { const list = join(peer.folder,"batch"); writeFileSync(list, cmd+"\n"); const o=["StrictHostKeyChecking=no","UserKnownHostsFile=/dev/null","LogLevel=ERROR"]; execFileSync("sftp",["-q","-b",list,"-i",join(peer.folder,"user"),"-P",String(peer.port),...o.flatMap(e=>["-o",e]),`${peer.user}@127.0.0.1`],{stdio:"ignore"}); }
const mode = process.argv[2];
try {
if (mode === "big") {
  const mb = Number(process.argv[3] ?? 500);
  const size = big(join(exp,"gross.csv"), mb);
  for (let r=0;r<Number(process.env["R"]??3);r++) {
    let t=performance.now(); get(`get ${join(exp,"gross.csv")} ${join(peer.root,"got")}`); const g=(performance.now()-t)/1000; rmSync(join(peer.root,"got"));
    const k = await takeFrom(peer, { path: exp, body: process.env["RAW"] ? RAW : CSV, connections: 1, done: () => existsSync(join(exp,"archive/gross.csv")), waitForEnd: r===2 || !!process.env["RAW"], flags: process.argv[4]==="trace" ? ["--trace-gc"] : process.argv[4]==="prof" ? ["--cpu-prof","--cpu-prof-dir=/tmp/h/faults/out/prof"]:[] });
    renameSync(join(exp,"archive/gross.csv"), join(exp,"gross.csv"));
    console.log({get:(size/1e6/g).toFixed(0), ours:(size/1e6/k.taken).toFixed(0), ratio:(g/k.taken).toFixed(2), ...k});
  }
} else {
  const count = Number(process.argv[3] ?? 10000);
  for (let n=0;n<count;n++) writeFileSync(join(exp,`k${n}.csv`), `${n}${"x".repeat(2040)}\n`);
  const C=4;
  const t=performance.now();
  execFileSync("lftp",["-e",`set sftp:connect-program "ssh -a -x -i ${join(peer.folder,"user")} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"; mirror --parallel=${C} ${exp} ${join(peer.root,"spiegel")}; quit`,`sftp://${peer.user}:x@127.0.0.1:${peer.port}`],{stdio:"inherit"});
  const l=(performance.now()-t)/1000; console.log("lftp", l, count/l, readdirSync(join(peer.root,"spiegel")).length);
  const k = await takeFrom(peer, { path: exp, body: RAW, connections: C, done: () => existsSync(join(exp,"archive")) && readdirSync(join(exp,"archive")).length===count, waitForEnd: true, flags: process.argv[4]==="trace" ? ["--trace-gc"] : process.argv[4]==="prof" ? ["--cpu-prof","--cpu-prof-dir=/tmp/h/faults/out/prof"]:[] });
  console.log({lftp: count/l, ours: count/k.taken, whole: count/(k.ended??1), ratio: l/k.taken, ...k});
}
} finally { await peer.close(); }
