Feature: Who reaches whom
  Pods, nodes, Services and the world, in both families; servers answer with
  their pod's UID and tell which address they saw.

  @req:REACH-1 @req:IP6-1 @cap:shared-eni
  Scenario: Two pods of one node
    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    Then "a" reaches "b" over TCP with IPv4
    And "a" reaches "b" over UDP with IPv4
    And "a" reaches "b" over ICMP with IPv4
    And "a" reaches "b" over TCP with IPv6
    And "a" reaches "b" over UDP with IPv6
    And "a" reaches "b" over ICMP with IPv6

  @req:REACH-1 @cap:shared-eni
  Scenario: Pods of one node on different interfaces
    With three addresses per interface, five pods need two interfaces.

    Given the cloud sells type "plumbline.test.six-by-three" with 6 interfaces of 3 addresses
    And a node "n1" of type "plumbline.test.six-by-three"
    And 5 pods on "n1"
    Then "p1" reaches "p2" over TCP with IPv4
    And "p1" reaches "p3" over TCP with IPv4
    And "p1" reaches "p4" over TCP with IPv4
    And "p1" reaches "p5" over TCP with IPv4
    And "p1" reaches "p5" over UDP with IPv6
    And "p5" reaches "p1" over ICMP with IPv6
    And "p5" reaches "p1" over UDP with IPv4

  @req:REACH-1 @cap:shared-eni
  Scenario Outline: Pods of two nodes, <zones>
    Given a node "n1"
    And a node "n2" with:
      | zone | <zone> |
    And a pod "a" on "n1"
    And a pod "b" on "n2"
    Then "a" reaches "b" over TCP with IPv4
    And "a" reaches "b" over UDP with IPv4
    And "b" reaches "a" over ICMP with IPv4
    And "b" reaches "a" over TCP with IPv6
    And "a" reaches "b" over UDP with IPv6
    And "a" reaches "b" over ICMP with IPv6

    Examples:
      | zones            | zone          |
      | in one zone      | cn-hangzhou-a |
      | in two zones     | cn-hangzhou-b |

  @req:REACH-2
  Scenario: A pod and its node
    Given a node "n1"
    And a pod "a" on "n1"
    Then "a" and its node reach each other over TCP with IPv4
    And "a" and its node reach each other over UDP with IPv4
    And "a" and its node reach each other over ICMP with IPv4

  @req:REACH-2 @cap:dual-stack
  Scenario: A pod and its node by IPv6
    Given a node "n1"
    And a pod "a" on "n1"
    Then "a" and its node reach each other over TCP with IPv6
    And "a" and its node reach each other over UDP with IPv6
    And "a" and its node reach each other over ICMP with IPv6

  @req:REACH-2 @cap:shared-eni
  Scenario: A pod and another node
    Given a node "n1"
    And a node "n2"
    And a pod "a" on "n1"
    Then "a" and the node "n2" reach each other over TCP with IPv4
    And "a" and the node "n2" reach each other over UDP with IPv6
    And "a" and the node "n2" reach each other over ICMP with IPv4

  @req:REACH-3 @req:IP6-1 @cap:shared-eni
  Scenario: A Service with its backend on the client's node
    Given a node "n1" with:
      | services | yes |
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    And a Service "web" in front of "b"
    Then "a" reaches the Service "web" over TCP with IPv4
    And "a" reaches the Service "web" over UDP with IPv4
    And "a" reaches the Service "web" over TCP with IPv6
    And "a" reaches the Service "web" over UDP with IPv6

  @req:REACH-3 @cap:shared-eni
  Scenario: A Service with its backend on another node
    Given a node "n1" with:
      | services | yes |
    And a node "n2"
    And a pod "a" on "n1"
    And a pod "b" on "n2"
    And a Service "web" in front of "b"
    Then "a" reaches the Service "web" over TCP with IPv4
    And "a" reaches the Service "web" over UDP with IPv4
    And "a" reaches the Service "web" over TCP with IPv6
    And "a" reaches the Service "web" over UDP with IPv6

  @req:REACH-4 @cap:shared-eni
  Scenario: The world beyond the VPC
    Given a node "n1"
    And a pod "a" on "n1"
    Then "a" reaches the world over TCP with IPv4, under its own address
    And "a" reaches the world over UDP with IPv4, under its own address
    And "a" reaches the world over ICMP with IPv4, under its own address
    And "a" reaches the world over TCP with IPv6, under its own address
    And "a" reaches the world over UDP with IPv6, under its own address

  @req:REACH-1 @req:CNI-3 @cap:shared-eni
  Scenario Outline: The first packet between new pods arrives, by <family>
    One request and no second: when ADD returns, both pods are ready for use.

    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    Then "a" reaches "b" over ICMP with <family>

    Examples:
      | family |
      | IPv4   |
      | IPv6   |

  @req:REACH-4 @req:CNI-3 @cap:shared-eni
  Scenario Outline: The first packet of a new pod to the world arrives, by <family>
    Given a node "n1"
    And a pod "a" on "n1"
    Then "a" reaches the world over ICMP with <family>, under its own address

    Examples:
      | family |
      | IPv4   |
      | IPv6   |
