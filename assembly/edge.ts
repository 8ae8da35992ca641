// The ABI of the edge builds: the kernels of retrieval alone.
export { heapBase } from './index';
export { rescoreItems, scanPostings } from './postings';
