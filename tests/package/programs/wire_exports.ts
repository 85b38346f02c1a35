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
  HubEventTarget,
  HubOptions,
  HubStats,
  LinkCloseOptions,
  LinkEventTarget,
  LinkOptions,
  NameOptions,
  NextWire,
  OpenConnection,
  OpenConnectionContext,
  ReconnectOptions,
  Resume,
  SessionOptions,
  SpokeCloseOptions,
  SpokeEventTarget,
  SpokeSelection,
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
  ConnectOptions: ConnectOptions;
  ConnectionArguments: ConnectionArguments<unknown>;
  ConnectionEnd: ConnectionEnd;
  ConnectionOptions: ConnectionOptions;
  EncodeOptions: EncodeOptions;
  EncodedEnvelope: EncodedEnvelope;
  HubEventTarget: HubEventTarget<object>;
  HubOptions: HubOptions<object>;
  HubStats: HubStats;
  LinkCloseOptions: LinkCloseOptions;
  LinkEventTarget: LinkEventTarget;
  LinkOptions: LinkOptions;
  NameOptions: NameOptions;
  NextWire: NextWire;
  OpenConnection: OpenConnection<object>;
  OpenConnectionContext: OpenConnectionContext;
  ReconnectOptions: ReconnectOptions;
  Resume: Resume;
  SessionOptions: SessionOptions;
  SpokeCloseOptions: SpokeCloseOptions;
  SpokeEventTarget: SpokeEventTarget;
  SpokeSelection: SpokeSelection;
  Transport: Transport<object>;
  Via: Via;
  Wire: Wire;
  WireEnd: WireEnd;
  WireEvents: WireEvents;
}
