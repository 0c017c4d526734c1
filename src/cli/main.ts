#!/usr/bin/env node
import { systemClock } from '../clock.js';
import { runCli } from './program.js';
import { processScreen } from './screen.js';

const exit = await runCli(process.argv.slice(2), { screen: processScreen(process.env), clock: systemClock, env: process.env });
process.exitCode = exit;
