// A SOAP service for benchmarks: answers every POST with the same person, whatever it asked.

import { ANSWER } from "./soap-contract.ts";
import { answerAlways } from "./steady-service.ts";

answerAlways("text/xml; charset=utf-8", ANSWER);
