/** Grades of some answers as a judge writes them: {"answer_1": 7, "answer_2": 0}. */
import { z } from 'zod';

/** The best grade; the worst is 0. */
export const gradeMax = 10;

const allGrades = Array.from({ length: gradeMax + 1 }, (_, grade) => grade);

function schemaOf(count: number) {
  const names = Array.from({ length: count }, (_, at) => `answer_${at + 1}`);
  return z.strictObject(Object.fromEntries(names.map((name) => [name, z.literal(allGrades)])));
}

/**
 * The JSON schema of the grades of so many answers. It lists the grades: some servers let a model write any integer
 * where a schema has a minimum and a maximum.
 */
export function gradesJsonSchema(count: number): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(schemaOf(count), {
    override: ({ jsonSchema }) => {
      if (jsonSchema.enum !== undefined) jsonSchema.type = 'integer';
    },
  });
  return schema;
}

/** The grades in a text, in order; undefined if it is anything else than what the schema says. */
export function readGrades(text: string, count: number): number[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = schemaOf(count).safeParse(value);
  return read.success ? Array.from({ length: count }, (_, at) => read.data[`answer_${at + 1}`] ?? 0) : undefined;
}
