/** The user, the query and the fragment of a URL, which can be secret, between its other parts. */
const SECRETS = /([a-z][\w+.-]*:\/\/)(?:[^\s/@?#'"]*@)?([^\s?#'"]*)(?:[?#][^\s'"]*)?/gi;

/** A text without the users, queries and fragments of its URLs, for messages. */
export function publicText(text: string): string {
  return text.replace(SECRETS, "$1$2");
}
