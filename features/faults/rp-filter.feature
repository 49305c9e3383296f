@cap:agent @cap:shared-eni @req:FLT-13 @fault:rp-filter
Feature: Nodes that filter reverse paths
  What comes in by an interface of pods would go back by another, were there no rules;
  distributions set the filter in different ways. Three addresses an interface put
  five pods on two interfaces; each first packet must arrive.

  Scenario Outline: The node had mode <mode> before any pod
    Given the cloud sells type "plumbline.test.six-by-three" with 6 interfaces of 3 addresses
    And a node "n1" of type "plumbline.test.six-by-three"
    And a node "n2"
    And "n1" filters reverse paths in mode <mode>
    And 5 pods on "n1"
    And a sandbox "x" on "n1"
    Then "p1" reaches the world over ICMP with IPv4, under its own address
    And "p5" reaches the world over ICMP with IPv4, under its own address
    And "p1" reaches "p5" over ICMP with IPv4
    And "p5" and the node "n2" reach each other over ICMP with IPv4
    And "p5" and its node reach each other over TCP with IPv4
    And "p5" reaches the world over TCP with IPv4, under its own address
    And "n1" dropped no packet for its reverse path, unlike the one that "x" sends it under a false address

    Examples:
      | mode |
      | 0    |
      | 1    |
      | 2    |
