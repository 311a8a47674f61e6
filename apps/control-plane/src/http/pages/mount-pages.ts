import { manifestJsonSchema, openApiDocument } from '@signalbox/contracts';
import type { Express, Response } from 'express';
import { factsOf } from '../observe-requests.ts';
import { errorsPage } from './errors-page.ts';
import { homePage } from './home-page.ts';
import { referencePage } from './reference-page.ts';

/** What anyone may read: how to use this installation. Made once; nothing in it tells of its contents. */
export function mountPages(app: Express, version: string): void {
  const openApi = openApiDocument({ version });
  const pages: Record<string, { type: string; text: string }> = {
    '/': { type: 'html', text: homePage(version) },
    '/docs': { type: 'html', text: referencePage(openApi) },
    '/docs/errors': { type: 'html', text: errorsPage() },
    '/schema/manifest.json': { type: 'application/schema+json', text: JSON.stringify(manifestJsonSchema()) },
    '/openapi.json': { type: 'application/json', text: JSON.stringify(openApi) },
  };
  for (const [path, { type, text }] of Object.entries(pages)) {
    app.get(path, (_request, response: Response) => {
      factsOf(response).operation = 'page';
      response.type(type).send(text);
    });
  }
}
