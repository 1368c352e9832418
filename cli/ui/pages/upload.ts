import { html } from '../../../layers/report/html/html.ts';
import { defaultDrop } from '../../../layers/runs/keys.ts';
import type { Page } from './layout.ts';

/** A folder of CSVs becomes a drop. The work is the script's: files go to S3 as streams, one after the other. */
export function uploadPage(): Page {
  return {
    title: 'Upload',
    current: 'upload',
    body: html`<h1>Upload data</h1>
<noscript><p class="notice caution">Uploading needs JavaScript. Without it: <code>./ecom upload &lt;folder&gt;</code></p></noscript>
<form class="card upload" id="upload" novalidate>
<div class="dropzone" id="dropzone">
<svg class="folder" viewBox="0 0 24 24" aria-hidden="true"><path d="M3 7a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z"/><path d="M12 16.5v-5m-2.2 2.2L12 11.5l2.2 2.2"/></svg>
<p><strong>Drop a folder of CSVs here</strong><br><span class="muted">events and experiment_assignments are needed; users, products, sessions and experiment.yaml are welcome; JSON lines, Parquet and zip are converted</span></p>
<p class="choose"><label class="button" for="folder">Choose a folder</label><input class="visually-hidden" type="file" id="folder" webkitdirectory multiple></p>
</div>
<div class="fields">
<p class="field"><label for="drop">Name of the drop</label><input id="drop" name="drop" value="${defaultDrop}" autocomplete="off" spellcheck="false" maxlength="63" aria-describedby="drop-hint"><small id="drop-hint">Lower-case letters, digits, - and _. Newer data of the same drop replace what it shows.</small></p>
<p class="field"><label for="config">Configuration (optional)</label><input type="file" id="config" accept=".yaml,.yml" aria-describedby="config-hint"><small id="config-hint">In place of the folder’s experiment.yaml.</small></p>
</div>
<div>
<div id="problem" role="alert"></div>
<div id="files" aria-live="polite"></div>
<p><button class="button primary" id="start" type="submit" disabled>Upload and run</button></p>
</div>
</form>`,
  };
}
