import { render } from 'preact';
import { z } from 'zod';
import { Explorer } from './explorer.tsx';

// The page's content security policy lets nothing make code from text.
z.config({ jitless: true });

const root = document.getElementById('explorer');
if (root !== null) render(<Explorer />, root);
