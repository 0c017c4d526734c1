/**
 * What the daemon tells V8 of its heap. It holds what is read and planned, and makes much of it anew at each tick: between two
 * collections the heap may grow by a fifth of what is held, where V8 by itself lets it grow to four times that. At 8,000
 * machines and 100,000 jobs the loop's process takes some 275 MiB at its peak instead of 367 (`npm run bench -- plan`).
 */
export const leanHeap = '--heap-growing-percent=20';
