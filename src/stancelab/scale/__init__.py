"""How are predictions made of more rows than fit into memory?"""
