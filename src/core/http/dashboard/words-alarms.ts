// The words for alarms and for what runs out, in both languages.

import type { Language } from "../pages/docs-words.ts";

const de = {
  takenOver: "Übernommen",
  nobody: "niemand",
  alarmSince: (time: string) => `Alarm seit ${time}`,
  takenSince: (time: string) => `seit ${time}`,
  takeOver: "Übernehmen",
  takeOverOf: (what: string, whose: string) => `Übernehmen: ${what}, ${whose}`,
  takenNow: "Der Alarm ist übernommen. Er wird nicht mehr wiederholt.",
  runsOut: {
    certificate: (what: string) => `Zertifikat läuft ab: ${what}`,
    exception: (what: string) => `Ausnahme endet: ${what}`,
    support: (what: string) => `Wartung des Altverfahrens endet: ${what}`,
  },
  ranOut: {
    certificate: (what: string) => `Zertifikat ist abgelaufen: ${what}`,
    exception: (what: string) => `Ausnahme ist beendet: ${what}`,
    support: (what: string) => `Wartung des Altverfahrens ist beendet: ${what}`,
  },
  runsOutShort: { certificate: "Zertifikat läuft ab", exception: "Ausnahme endet", support: "Wartung endet" },
  runsOutMeans: {
    certificate: "danach scheitern Verbindungen",
    exception: "danach wird die Brückendatei abgelehnt",
    support: "danach hilft der Hersteller nicht mehr",
  },
  channels: { webhook: "Webhook", mail: "E-Mail" },
  appliance: "Dieses Gerät",
  channelDown: (channel: string) => `Benachrichtigungen kommen nicht an: ${channel}`,
  channelMeans: (since: string, waiting: string) => `seit ${since}; ${waiting} warten, es wird weiter versucht`,
  applianceNeeds: "das Gerät selbst braucht Sie",
};

const en: typeof de = {
  takenOver: "Taken over",
  nobody: "nobody",
  alarmSince: (time) => `alarm since ${time}`,
  takenSince: (time) => `since ${time}`,
  takeOver: "Take over",
  takeOverOf: (what, whose) => `Take over: ${what}, ${whose}`,
  takenNow: "The alarm is taken over. It is repeated no more.",
  runsOut: {
    certificate: (what) => `Certificate expires: ${what}`,
    exception: (what) => `Exception ends: ${what}`,
    support: (what) => `Support of the legacy system ends: ${what}`,
  },
  ranOut: {
    certificate: (what) => `Certificate has expired: ${what}`,
    exception: (what) => `Exception has ended: ${what}`,
    support: (what) => `Support of the legacy system has ended: ${what}`,
  },
  runsOutShort: { certificate: "Certificate expires", exception: "Exception ends", support: "Support ends" },
  runsOutMeans: {
    certificate: "connections fail from then on",
    exception: "the bridge file is refused from then on",
    support: "its vendor helps no more from then on",
  },
  channels: { webhook: "webhook", mail: "mail" },
  appliance: "This appliance",
  channelDown: (channel) => `Notifications do not get through: ${channel}`,
  channelMeans: (since, waiting) => `since ${since}; ${waiting} wait, and it goes on trying`,
  applianceNeeds: "the appliance itself needs you",
};

export const ALARM_WORDS: Readonly<Record<Language, typeof de>> = { de, en };
