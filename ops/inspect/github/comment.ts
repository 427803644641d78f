// Puts a report into a pull request, as one comment that is updated in its place.
// The report's first line is the invisible mark by which the comment is found again.
import type { Comment, GitHub } from "./client.ts";

/** Puts the text into the comment that begins as it does, or a new one. */
export async function putComment(github: GitHub, number: number, body: string): Promise<void> {
  const [mark = ""] = body.split("\n");
  if (!/^<!-- .+ -->$/.test(mark)) throw new Error("the report doesn't begin with its mark");
  const comments = await github.all<Comment>(`/issues/${number}/comments`);
  // A person's comment may begin with the mark, too: it must not take the report's place.
  const earlier = comments.find(({ body, user }) => body.startsWith(mark) && user?.type === "Bot");
  if (earlier === undefined) await github.call("POST", `/issues/${number}/comments`, { body });
  else if (earlier.body !== body) await github.call("PATCH", `/issues/comments/${earlier.id}`, { body });
}
