/** Every name of `./wire`, as an author of an adapter imports it. Copied to where the package is installed, and compiled. */
import { byeEnvelope, createHub, createJsonCodec, createLink } from "@alkdev/pubsub/wire";
import type {
  Authenticate,
  Authenticated,
  Authorize,
  AuthorizeEvent,
  AuthorizeRequest,
  Codec,
  ConnectionArguments,
  ConnectionEnd,
  ConnectionOptions,
  ConnectOptions,
  EncodedEnvelope,
  EncodeOptions,
  Explanation,
  ExplanationCause,
  HubEventTarget,
  HubOptions,
  HubStats,
  LinkCloseOptions,
  LinkEventTarget,
  LinkOptions,
  LinkStats,
  NameOptions,
  NextWire,
  OpenConnection,
  OpenConnectionContext,
  ReconnectOptions,
  ReplayStats,
  Resume,
  SessionOptions,
  SpokeCloseOptions,
  SpokeEventTarget,
  SpokeSelection,
  SpokeStats,
  SpokeSubscriptionStats,
  Transport,
  Via,
  Wire,
  WireEnd,
  WireEvents,
} from "@alkdev/pubsub/wire";

export const values = { byeEnvelope, createHub, createJsonCodec, createLink };

export interface Types {
  Authenticate: Authenticate;
  Authenticated: Authenticated<HubOptions<object>>;
  Authorize: Authorize;
  AuthorizeEvent: AuthorizeEvent;
  AuthorizeRequest: AuthorizeRequest;
  Codec: Codec;
  ConnectionArguments: ConnectionArguments<unknown>;
  ConnectionEnd: ConnectionEnd;
  ConnectionOptions: ConnectionOptions;
  ConnectOptions: ConnectOptions;
  EncodedEnvelope: EncodedEnvelope;
  EncodeOptions: EncodeOptions;
  Explanation: Explanation;
  ExplanationCause: ExplanationCause;
  HubEventTarget: HubEventTarget<object>;
  HubOptions: HubOptions<object>;
  HubStats: HubStats;
  LinkCloseOptions: LinkCloseOptions;
  LinkEventTarget: LinkEventTarget;
  LinkOptions: LinkOptions;
  LinkStats: LinkStats;
  NameOptions: NameOptions;
  NextWire: NextWire;
  OpenConnection: OpenConnection<object>;
  OpenConnectionContext: OpenConnectionContext;
  ReconnectOptions: ReconnectOptions;
  ReplayStats: ReplayStats;
  Resume: Resume;
  SessionOptions: SessionOptions;
  SpokeCloseOptions: SpokeCloseOptions;
  SpokeEventTarget: SpokeEventTarget;
  SpokeSelection: SpokeSelection;
  SpokeStats: SpokeStats;
  SpokeSubscriptionStats: SpokeSubscriptionStats;
  Transport: Transport<object>;
  Via: Via;
  Wire: Wire;
  WireEnd: WireEnd;
  WireEvents: WireEvents;
}
