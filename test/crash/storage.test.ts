import { it } from "vitest";
import { killStorage } from "./storage-kill.ts";

it("after 6 kills at random moments every acknowledged drop is there, and nothing else is left over", async () => {
  await killStorage(6);
});
