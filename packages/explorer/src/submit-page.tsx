/** A form for a task, to try the network by hand. */
import { errorText } from '@assay/protocol/error-text';
import { useState } from 'preact/hooks';
import { gatewayWith } from './gateway.ts';
import { Failure } from './marks.tsx';

const example = {
  prompt: 'What is the boiling point of water at sea level, in degrees Celsius?',
  answers: [
    'Water boils at 100 degrees Celsius at sea level.',
    'At sea level the boiling point of water is 100 °C.',
    'It is 100 °C under standard atmospheric pressure.',
    'Bananas are rich in potassium and grow in bunches on tall plants.',
  ],
};
const answersMax = 8;

export function SubmitPage() {
  const [prompt, setPrompt] = useState(example.prompt);
  const [answers, setAnswers] = useState<readonly string[]>(example.answers);
  const [apiKey, setApiKey] = useState('');
  const [failure, setFailure] = useState<string>();
  const [isSending, setSending] = useState(false);
  const submit = async () => {
    setSending(true);
    const submissions = answers.flatMap((output, index) =>
      output.trim() === '' ? [] : [{ miner: `miner-${index + 1}`, output }],
    );
    try {
      const reference = `explorer-${Date.now()}`;
      window.location.hash = `#/tasks/${await gatewayWith(apiKey.trim()).submitTask({ reference, prompt, submissions })}`;
    } catch (error) {
      setFailure(errorText(error));
      setSending(false);
    }
  };
  return (
    <>
      <h1>Submit a task</h1>
      <p class="quiet">A prompt and the answers of several miners. The content is public: everyone here can read it.</p>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <label for="prompt">Prompt</label>
        <textarea
          id="prompt"
          rows={3}
          required
          value={prompt}
          onInput={({ currentTarget }) => setPrompt(currentTarget.value)}
        />
        {answers.map((answer, index) => (
          <div key={index}>
            <label for={`answer-${index}`}>Answer of miner-{index + 1}</label>
            <textarea
              id={`answer-${index}`}
              rows={2}
              value={answer}
              onInput={({ currentTarget }) => setAnswers(answers.with(index, currentTarget.value))}
            />
          </div>
        ))}
        <label for="api-key">API key, where this gateway asks for one</label>
        <input
          id="api-key"
          type="password"
          autocomplete="off"
          value={apiKey}
          onInput={({ currentTarget }) => setApiKey(currentTarget.value)}
        />
        <div class="line">
          <button type="submit" disabled={isSending}>
            Submit
          </button>
          <button type="button" disabled={answers.length >= answersMax} onClick={() => setAnswers([...answers, ''])}>
            Another answer
          </button>
        </div>
      </form>
      {failure !== undefined && <Failure reason={failure} />}
    </>
  );
}
