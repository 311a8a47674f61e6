import { escaped, page } from './html.ts';

export function homePage(version: string): string {
  return page(
    'Signalbox',
    `<h1>Signalbox</h1>
<p>Control plane ${escaped(version)}. This is the API; callers of the models talk to a gateway instead.</p>
<ul>
<li><a href="/docs">Reference of the API</a>, <a href="/openapi.json">OpenAPI 3.1</a></li>
<li><a href="/docs/errors">What each error means</a></li>
<li><a href="/schema/manifest.json">JSON Schema of the manifests</a></li>
</ul>
<p>Every call needs <code>Authorization: Bearer &lt;token&gt;</code>. From a terminal:</p>
<pre>npx signalbox get deployments
npx signalbox explain chat</pre>`,
  );
}
