/**
 * Stems of words that address a judge, by group. Lower case, without accents; a word belongs to a group if it begins
 * with one of the group's stems. Data, not rules.
 */
import { remembered } from '../text/word-cache.ts';

const listed = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');

/** The group of a stem. */
export type CueGroup = 'judge' | 'self' | 'verdict' | 'override';

const stems: Readonly<Record<CueGroup, readonly string[]>> = {
  /** The judge, and the act of judging. */
  judge:
    listed(`validator evaluator evaluation grader judge judging reviewer assessor moderator referee scorer compares comparison consensus oracle
    gutachter prufer bewerter bewertung richter evaluador juez jueces validador revisor evaluateur juge validateur correcteur
    avaliador avaliacao juiz valutatore giudice beoordelaar
    оценщик провер судь 评估 评审 评委 審査 評価`),
  /** The text itself and the other submissions, as things to be judged. */
  self: listed(`submission submissions miner entry entries candidate
    einreichung beitrag presentacion envio soumission submissao inserzione inzending`),
  /** The verdict that the judge should give. */
  verdict:
    listed(`approve approved approval accept accepted acceptable reject rejected verdict score scores rating rate grade vote votes award maximum highest pass passes outlier fraudulent confidence winner verified
    akzeptier genehmig hochste punktzahl bewerte note ablehn aprueb aprobar acepta puntuacion puntaje maxima rechaz valida
    approuve accepte rejet notez score aprove aprovar aceite rejeit pontuacao nota atribua zero approva accetta punteggio
    одобр прими балл 通过 批准 满分 打分 最高`),
  /** Instructions to ignore something. */
  override: listed(`ignore disregard forget skip override bypass instead instructions instruction prompt system already
    ignorier vergiss missacht anweisung ignora olvida instruccion oublie instructions consigne ignore esqueca desconsidere instrucao dimentica istruzioni
    игнориру забудь инструкц 忽略 忘记 指令 無視`),
};

const stemCharsMin = 2;
const stemCharsMax = 12;
const groupOfStem = new Map<string, CueGroup>();
for (const group of Object.keys(stems) as CueGroup[])
  for (const stem of stems[group]) if (!groupOfStem.has(stem)) groupOfStem.set(stem, group);

/** The group of a word (lower case, any accents), if it has one. */
export const cueGroupOf = remembered((lower): CueGroup | undefined => {
  const plain = /[^a-z]/.test(lower) ? lower.normalize('NFD').replace(/\p{M}/gu, '') : lower;
  for (let length = Math.min(stemCharsMax, plain.length); length >= stemCharsMin; length--) {
    const group = groupOfStem.get(plain.slice(0, length));
    if (group !== undefined && plain.length - length <= 3) return group;
  }
  return undefined;
});

/** "this answer", "other replies", "the text below" in several languages: the text as a thing to be judged. */
export const selfReferences: readonly RegExp[] = [
  /\b(?:this|these|the|other|every other|any other|all other|preceding|following|above|previous) (?:\w+ )?(?:answers?|responses?|replies|reply|submissions?|entry|entries|outputs?|solutions?)\b/u,
  /\b(?:diese[rn]?|andere[nr]?|alle) (?:antwort(?:en)?|losung(?:en)?|text)\b/u,
  /\b(?:esta|las demas|las otras|otras) (?:respuestas?|soluciones?)?\b/u,
  /\b(?:cette|les autres|ces) (?:reponses?|solutions?)\b/u,
  /\b(?:esta|as demais|as outras|outras) (?:respostas?)?\b/u,
  /\b(?:questa|le altre) (?:rispost[ae])\b/u,
  /(?:本|这个|此|其他)(?:回答|答案)|этот ответ|другие ответы|この(?:回答|答え)/u,
];

/** Forms that only machines and attackers write: conversation turns, system tags, shell commands. */
export const markers: readonly RegExp[] = [
  /(?:^|\n|\[|<|#|-)\s{0,3}(?:system|assistant|developer|validator|evaluator|judge)(?: (?:note|message|prompt|override|instruction)s?)?(?: to \w+)?\s{0,2}[:>\]]/iu,
  /<\|[a-z_]{2,20}\|>|\[\/?inst\]|<<\/?sys>>|###\s{0,2}(?:instruction|system|response)s?\b/iu,
  /<\/?[a-z_-]{0,20}(?:instruction|judge|system|evaluator|validator)s?(?:_[a-z]{1,20})?[ >]/iu,
  /<!--[^\n]{0,200}\b(?:assistant|system|validator|judge|instruction|must|ignore)\b/iu,
  /"role"\s{0,3}:\s{0,3}"(?:system|assistant|validator|judge|evaluator)"/iu,
  /\bend of (?:submission|answer|response|document|prompt)\b/iu,
];

/** Sentences that are instructions to a language model in any context. */
export const orders: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass) (?:all |any |everything |the |your |my |of |that )*(?:you were told|previous|prior|above|earlier|preceding|other|system|original|instructions?|rules|guidelines)\b/u,
  /\bignor(?:iere|ieren sie) (?:alle |die )*(?:vorherigen|bisherigen|obigen|anderen|vorigen)\b/u,
  /\b(?:ignora|olvida|ignore|esqueca|desconsidere|dimentica) (?:todas |todo |tutte |as |las |le |os |los )*(?:instru|istruz|anteri|preceden|demas|demais)/u,
  /\b(?:ignorez|oubliez|ne tenez pas compte) (?:toutes? |les |des |de )*(?:instructions|consignes|autres|preced)/u,
  /\byou (?:must|have to|will) (?:now )?(?:answer|reply|respond|output|print|say|vote)\b.{0,30}["'“](?:approved?|accept\w*|yes|correct|pass)/u,
  /\b(?:give|assign|award|rate|grade|score) (?:this|my|the) (?:\w+ )?(?:answer|response|reply|submission|entry|one|text|output)\b.{0,40}\b(?:10\/10|100|highest|maximum|full|top|perfect|10 out of 10)\b/u,
  /\bfrom now on you (?:must|are|will|have)\b|\byou are now (?:in|a|an|the) /u,
  /(?:忽略|无视|忘记).{0,10}(?:指令|说明|提示)|игнорируй.{0,20}инструкц|(?:指示|命令)を無視/u,
];

/** A download that is piped into a shell. */
export const shellPipe = /\b(?:curl|wget)\s[^\n|]{1,200}\|\s{0,3}(?:sudo )?(?:ba|z)?sh\b/u;
