// The service behind an interface, for benchmarks of calls: answers every POST with the same person.

import { answerAlways } from "./steady-service.ts";

const PERSON = {
  om: "04711007",
  name: "Mustermann",
  vornamen: ["Erika", "Änne"],
  geburt: "1964-08-12",
  anschrift: { strasse: "Lindenstraße", nr: "12a", plz: "01067", ort: "Musterstadt" },
  vermerke: [
    { art: "A", text: "Vermerk mit etwas Text", seit: "2019-01-01" },
    { art: "B", text: "Noch ein Vermerk", seit: "2021-06-30" },
  ],
};

answerAlways("application/json", JSON.stringify(PERSON));
