// The ABI of the edge builds: the kernels of retrieval, and of its answers, alone.
export { heapBase } from './index';
export { rescoreItems, scanPostings } from './postings';
export { writeCandidates } from './candidate-text';
