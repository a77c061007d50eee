// Writes an interface file for deliver.rfc out of SAP's own answers (docs/rfc.md shows how to get them):
//
//   node scripts/rfc-interface.ts BAPI_X interface.xml BAPIRET2=bapiret2.xml > mappings/BRIDGE/schemas/BAPI_X.json
//
// Without the answers of some structures it says on stderr which are still to be asked for.

import { readFileSync } from "node:fs";
import { interfaceFromAnswer, structuresIn } from "../src/adapters/rfc/interface-answer.ts";

const [name, file, ...rest] = process.argv.slice(2);
if (name === undefined || file === undefined) {
  console.error("node scripts/rfc-interface.ts FUNCTION interface.xml [STRUCTURE=fields.xml …]");
  process.exitCode = 1;
} else {
  const answer = readFileSync(file);
  const structures = new Map(
    rest.map((each): [string, Uint8Array] => {
      const at = each.indexOf("=");
      return [each.slice(0, at), readFileSync(each.slice(at + 1))];
    }),
  );
  const open = (await structuresIn(answer)).filter((each) => !structures.has(each));
  if (open.length > 0) console.error(`still open, ask DDIF_FIELDINFO_GET for: ${open.join(", ")}`);
  console.log(JSON.stringify(await interfaceFromAnswer(name, answer, structures), undefined, 2));
}
