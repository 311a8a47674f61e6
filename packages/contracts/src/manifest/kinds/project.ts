import type { ProjectSpec } from '@signalbox/domain';
import type { z } from 'zod';
import { fields, orNull, text, withDefault } from '../fields.ts';
import { defineKind, read } from '../kind-contract.ts';

const spec = fields({ description: orNull(text('text')) });

export const projectKind = defineKind({
  kind: 'Project',
  description: 'The tenant: owns models, deployments and keys',
  spec: withDefault(spec, {}),
  complete: read,
  render: (project: ProjectSpec): z.input<typeof spec> =>
    project.description === null ? {} : { description: project.description },
});
