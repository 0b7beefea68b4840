/** Entry of the page. */
import './elements.js';
import './panel.css';
import { App } from './app.js';

new App(document.getElementById('panel')!);
