// How people are told outside of the dashboard: what a channel implements, and what it is set up with.

/** One message, ready to be sent. */
export interface ChannelMessage {
  /** The same whenever it is sent again, so that whoever gets it twice can see that. */
  readonly id: string;
  /** A mail address; undefined for channels with one receiver. */
  readonly to: string | undefined;
  /** One line of text without control characters; "" for channels without subjects. */
  readonly subject: string;
  /** Plain text for mail, JSON for a webhook. */
  readonly body: string;
}

export type Sent =
  | { readonly end: "sent" }
  /** It will never be taken: no further attempt. `code` holds no values. */
  | { readonly end: "refused"; readonly code: string }
  /** Another attempt may help. */
  | { readonly end: "failed"; readonly code: string };

export type ChannelName = "webhook" | "mail";

export interface Channel {
  readonly name: ChannelName;
  /** One attempt, within a time of its own. Never rejects but with the signal's reason. */
  send(message: ChannelMessage, signal: AbortSignal): Promise<Sent>;
  close(): Promise<void>;
}

export interface WebhookSettings {
  readonly url: string;
  /** Keys of HMAC-SHA256, one or, while one replaces the other, two. */
  readonly secrets: readonly Uint8Array[];
}

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** `none` only on this machine. */
  readonly tls: "direct" | "starttls" | "none";
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly from: string;
}
