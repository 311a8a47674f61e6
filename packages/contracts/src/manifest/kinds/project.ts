import type { ProjectSpec } from '@signalbox/domain';
import type { z } from 'zod';
import { fields, orNull, text, withDefault } from '../fields.ts';
import { defineKind, read } from '../kind-contract.ts';
import { withoutNulls } from '../without-nulls.ts';
import { limitList, renderLimits } from './limit-list.ts';

const spec = fields({ description: orNull(text('text')), limits: orNull(limitList) });

export const projectKind = defineKind({
  kind: 'Project',
  description: 'The tenant: owns models, deployments and keys',
  spec: withDefault(spec, {}),
  complete: ({ description, limits }) => read<ProjectSpec>({ description, ...withoutNulls({ limits }) }),
  render: ({ description, limits }: ProjectSpec): z.input<typeof spec> =>
    withoutNulls({ description, limits: limits && renderLimits(limits) }),
});
