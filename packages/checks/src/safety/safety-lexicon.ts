/**
 * Phrases of texts that try to steer a language model, by families. Matched on lower-case plain text. Data, not rules.
 */

/** The family of a cue; one family alone is weak evidence. */
export type SafetyFamily = 'persona' | 'unrestricted' | 'reply-control' | 'addresses-model' | 'override';

/** Patterns by family. Every pattern is bounded, so no text can make matching slow. */
export const safetyCues: Readonly<Record<SafetyFamily, readonly RegExp[]>> = {
  persona: [
    /\b(?:act(?:ing)?|pretend|behave|respond|answer|role-?play(?:ing)?|pose|speak|write) (?:\w+ ){0,2}(?:as|like|to be)\b/g,
    /\b(?:you are (?:to act|going to|now|about to)|you will (?:now )?(?:be|act|play|pretend|simulate)|imagine (?:that )?you(?:'re| are)?|from now on|stay(?:ing)? in character|in character|persona|alter ego|hypothetical (?:story|scenario|response)|fictional (?:story|world|scenario|character)|take on the role|play the role|simulate|simulation|(?:as|into) two (?:characters|personas|personalities)|you are \w+(?:bot|gpt|ai)|(?:a|an) (?:ai|chatbot|assistant|character|bot|model) (?:named|called|who|that|with|without))\b/g,
  ],
  unrestricted: [
    /\b(?:unfiltered|uncensored|unrestricted|amoral|jailbr(?:eak|oken)\w*|do anything now|developer mode|dan mode|god mode|evil|no (?:\w+ )?(?:restrictions?|limits|limitations|filters?|boundaries|censorship|guidelines|morals?))\b/g,
    /\b(?:no matter how|regardless of (?:how|whether|the|any)|even if (?:it|they|that) (?:is|are|may be|might be)) (?:\w+,? ){0,3}(?:illegal|immoral|unethical|harmful|dangerous|offensive|inappropriate|consequences|legal\w*|ethic\w*|moral\w*)/g,
    /\b(?:without|doesn't have|does not have|don't have|not bound by|free (?:from|of)|not (?:constrained|limited|restricted) by|broken free|bypass\w*|ignor\w+|disregard\w*|any) (?:\w+ ){0,4}(?:ethical|ethics|moral\w*|guidelines|restrictions|rules|policy|policies|safety|content policy|censorship|limitations|warnings?|disclaimers?)\b/g,
    /\b(?:never|not|cannot|can't|don't|do not|won't|will not) (?:\w+ ){0,4}(?:refuses?d?|refused|decline[sd]?|warns?|complain|apologi[sz]e|say (?:no|sorry)|tell \w+ that it can't|reject (?:any|the|a|my) (?:question|request|prompt)|warn(?:ings?)?|disclaimers?|the words?)\b/g,
    /\b(?:illegal|immoral|unethical|disgusting|harmful|dangerous|toxic)(?:,? (?:and |or )?(?:illegal|immoral|unethical|disgusting|harmful|dangerous|toxic|inappropriate|offensive))+/g,
    /\bi'm sorry"|"i apologi[sz]e"|\b(?:openai|anthropic|google|meta)(?:'s)? (?:content )?(?:policy|policies|guidelines|rules)\b/g,
  ],
  'reply-control': [
    /\b(?:begin|start|prefix|preface|end|open|conclude|sign|format|wrap) (?:\w+ ){0,3}(?:your|each|every|all|any|the) (?:\w+ ){0,2}(?:response|answer|reply|replies|message|output|sentence)s?\b/g,
    /\b(?:each|every|all|none|any) (?:of )?(?:\w+ ){0,2}(?:responses?|answers?|repl(?:y|ies)|messages?)\b/g,
    /\b(?:always|must|will|only|should|never) (?:\w+ ){0,2}(?:responds?|reply|replies|answers?|compl(?:y|ies)|obeys?|send|output|say|follow)\b|\b(?:any|every|each|all) (?:my |the |user |of my )?(?:requests?|questions?|commands?|prompts?)\b/g,
    /\b(?:sure|of course|absolutely),? here(?:'s| is| are)\b/g,
    /\b(?:my|the|his|her|their|niccolo's|user's) (?:first|next|new) (?:\w+ )?(?:question|request|prompt|command|task|instruction)\b/g,
  ],
  'addresses-model': [
    /\b(?:chat ?gpt|gpt-?\d?|chat ?bot|a\.?i\.? (?:model|assistant|system|chatbot|language)|language model|llm|large language|virtual assistant|as an ai|claude|bard|gemini|llama)\b/g,
    /\b(?:to|attention|dear|hey|hello|note (?:to|for)) (?:the |any |all |whichever |whatever |whoever )?(?:\w+ )?(?:ai|model|llm|assistant|bot|system|judge|evaluator|validator|grader|reviewer|checker|verifier|scorer)s?\b/g,
  ],
  override: [
    /\b(?:ignore|disregard|forget|override|bypass|discard|abandon|pay no attention to|stop following) (?:\S+ ){0,7}?(?:previous|prior|above|earlier|preceding|before|told|instructions?|rules|guidelines|directives?|system prompt|programming|training|constraints|orders|commands)\b/g,
    /\b(?:reveal|print|show|output|repeat|leak|expose|disclose) (?:\w+ ){0,3}(?:system|hidden|secret|initial|original|internal|own)(?: \w+)? (?:prompt|instructions?|rules|message|configuration)\b/g,
    /(?:^|[\n.!?;:]\s{0,3})(?:p\.? ?s\.?:? )?(?:to|attention|dear|note (?:to|for)) (?:the |any |all |whichever |whoever |every )?(?:\w+ ){0,2}?(?:ai|model|llm|assistant|judge|evaluator|validator|grader|checker|verifier|scorer|reviewer)s?\b.{0,40}[:,].{0,100}\b(?:mark|accept|approve|reject|score|rate|rank|prefer|choose|select|vote|verdict|correct|pass)\w{0,3}\b/g,
    /\b(?:new|updated|real|actual) (?:instructions?|orders|directives?|task)(?: (?:is|are|follow))?\s?:|\b(?:previous|prior|earlier|old) (?:rules|instructions|guidelines) (?:are|is) (?:void|obsolete|cancelled|no longer|revoked|invalid|superseded)/g,
  ],
};

/** An instruction about the reader's reply: only a text for a model mentions "your answer" and how to write it. */
export const replyOrders: readonly RegExp[] = [
  /(?:^|\n|(?<!\d)[.!?]\s{1,3})(?:ask|convince|tell|persuade|urge|direct|inform|trick|encourage|instruct) (?:the |all |any )?(?:users?|readers?) (?:to|for|that|about|into)\b/g,
  /(?:^|[.!?\n]\s{0,3})(?:respond|reply|answer) (?:only |just |exclusively )?(?:in (?:the )?[a-z]{4,12} ?(?:language|only|from now|$|[.!])|with (?:only|just|nothing but|the (?:word|phrase|text))|only )/g,
  /\b(?:in|to|of|from|with|within|into|throughout|for|on|using|through) your (?:(?:next|own|final|entire|whole|full|following|written) )?(?:response|answer|reply|message|output)\b/g,
  /\b(?:modify|enhance|augment|provide|render|convert|encode|encrypt|write|give|change|rewrite|translate|reverse|format|deliver|present|transform|obfuscate|extend|supplement|expand|alter|adjust|end|begin|start|finish|conclude|structure|express|cipher|craft|embed|adapt|frame|state|phrase|type|send|complete|shorten|limit|restrict|print|produce|generate|return) (?:\w+ ){0,3}?your (?:(?:next|own|final|entire|whole|full|following) )?(?:response|answer|reply|message|output)\b/g,
  /\b(?:replace|substitute|swap|remove|scramble|jumble|group|rearrange|reverse|misspell|anagram|rotate|shift|convert|capitali[sz]e|insert|change|omit|drop|double) (?:\w+ ){0,4}?(?:letters?|vowels?|consonants?|characters?|spaces|punctuation|every (?:second|third|fourth|other) word)\b.{0,40}\b(?:numbers?|symbols?|emojis?|position|words?|order|following|sets?|fours?|letters?)/g,
  /\buse (?:\w+ ){0,3}(?:numbers?|symbols?|emojis?|anagrams?|digits) (?:for|instead of|in place of) (?:\w+ ){0,3}(?:vowels?|letters?|words?|keywords?)\b/g,
];

/** Verbs that ask a reader for a piece of work, at the beginning of a sentence. */
export const requestOpening =
  /^["'“(*\s>-]{0,4}(?:please )?(?:(?:can|could|would|will) you (?:please )?(?!(?:like|prefer|want|mind|be interested)\b)(?:\w+)|tell me|show me|give me|i (?:want|need|would like) you to|explain|describe|write|draft|provide|compose|develop|translate|summari[sz]e|analy[sz]e|schedule|generate|design|classify|compare|list|outline|discuss|define|calculate|solve|recommend|suggest|break down|identify|evaluate|determine|interpret|paraphrase|rewrite|convert|encode|search|book|remind|send|compile|predict|elaborate|report|find|respond|reply|answer only|answer in|ask the|convince|claim|stop|share|promote|advertise|include an?|set an?|start an?|recite|pretend)\b/iu;

/** A question with its question word, at the beginning of a sentence. */
export const questionOpening =
  /^[(*\s>]{0,4}(?:what(?:'s| is| are| was| were| do| does| did| causes?)?|who(?:'s)?|when|where|why|which|how (?:do|does|did|can|could|is|are|many|much|would|should|to)|whose)\b[^?\n]{3,200}\?/iu;
