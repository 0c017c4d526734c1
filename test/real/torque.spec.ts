import { batchContract } from '../contract/batch.js';
import { RealBench } from './bench.js';
import { realSite } from './site.js';

const site = realSite();

batchContract('the TORQUE plugin over a real server', (context) => new RealBench(site, context).open());
