/** An HTTP server with a chat model that grades answers by a function, and which can lie. */
import { type JsonServer, startJsonServer } from './json-server.fixture.ts';

interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format: { readonly type: string };
  readonly temperature: number;
}

/** What a test may change between requests. */
export interface ChatServer extends JsonServer<ChatBody> {
  /** The ways of asking for a schema that it knows. */
  formats: readonly string[];
  /** The grade of an answer at its place; the text of the first server's probe is not among marks. */
  grade: (text: string, place: number) => number;
  /** Replaces the choice, for a model that says something else. */
  says: { readonly content?: string | null; readonly refusal?: string; readonly finish?: string } | undefined;
}

const markedAnswer = /<<(\w+) begin (answer_\d+)>>\n([\s\S]*?)\n<<\1 end \2>>/g;

/** Starts a server on loopback with the model "grader". */
export async function startChatServer(): Promise<ChatServer> {
  const server = await startJsonServer<ChatBody>((path, body) =>
    path === '/v1/models' ? { data: [{ id: 'grader' }] } : completion(made, body),
  );
  const made: ChatServer = Object.assign(server, {
    formats: ['json_schema', 'json_object'],
    grade: () => 10,
    says: undefined,
  });
  return made;
}

function completion({ formats, grade, says }: ChatServer, { model, messages, response_format: format }: ChatBody) {
  const marked = [...(messages.at(-1)?.content ?? '').matchAll(markedAnswer)];
  const answers = marked.length === 0 ? [''] : marked.map(([, , , text = '']) => text);
  const grades = Object.fromEntries(answers.map((text, at) => [`answer_${at + 1}`, grade(text, at)]));
  const honest = formats.includes(format.type) ? JSON.stringify(grades) : 'The answers are good.';
  const content = says?.content === undefined ? honest : says.content;
  const message = { role: 'assistant', content, ...(says?.refusal !== undefined && { refusal: says.refusal }) };
  return {
    model,
    choices: [{ index: 0, message, finish_reason: says?.finish ?? 'stop' }],
    usage: { prompt_tokens: 100, completion_tokens: 7 },
  };
}
